"""Callers of the API: a superuser's token, and staff with the permissions named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

Caller = Callable[..., APIClient]


@pytest.fixture
def caller(db: None) -> Caller:
    """A client with a token of its own; `caller("audit.view_change")` may do just that."""

    def make(*permissions: str, superuser: bool = False, staff: bool = True) -> APIClient:
        user = User.objects.create_user(f"user{User.objects.count()}", is_staff=staff, is_superuser=superuser)
        for permission in permissions:
            room, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=room, codename=codename))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
        return client

    return make


@pytest.fixture
def api(caller: Caller) -> APIClient:
    """May do everything."""
    return caller(superuser=True)
