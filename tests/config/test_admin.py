"""Who may sign in, API tokens, and nothing of the queue."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.authtoken.models import Token
from unfold.admin import ModelAdmin


def test_nothing_of_the_queue_is_in_the_admin() -> None:
    assert not [model for model in admin.site._registry if model.__module__.startswith("django_q")]


def test_every_page_has_the_same_look() -> None:
    assert not [each for each in admin.site._registry.values() if not isinstance(each, ModelAdmin)]


@pytest.mark.django_db
def test_a_token_is_shown_once(admin_client: Client, admin_user: User) -> None:
    page = admin_client.post("/admin/authtoken/tokenproxy/add/", {"user": admin_user.pk}, follow=True).content.decode()
    key = Token.objects.get().key
    assert f"it is not shown again: {key}" in page
    later = ["", f"{admin_user.pk}/delete/", f"{admin_user.pk}/change/", f"{admin_user.pk}/history/"]
    shown = [url for url in later if key in admin_client.get(f"/admin/authtoken/tokenproxy/{url}").content.decode()]
    assert shown == []
    assert key not in " ".join(entry.object_repr for entry in LogEntry.objects.all())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["auth/user/", "auth/user/add/", "auth/group/", "auth/group/add/", "authtoken/tokenproxy/add/"]
)
def test_the_pages_of_access_open(admin_client: Client, path: str) -> None:
    assert admin_client.get(f"/admin/{path}").status_code == 200


@pytest.mark.django_db
def test_whoever_logs_in_at_the_bare_login_page_comes_to_the_dashboard(client: Client) -> None:
    User.objects.create_superuser("ops", "ops@example.com", "a long password")
    answer = client.post("/admin/login/", {"username": "ops", "password": "a long password"})
    assert answer["Location"] == "/admin/"
