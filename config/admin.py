"""The admin beyond the rooms: who may sign in, API tokens, and nothing of the queue (its schedules run any code)."""

from __future__ import annotations

from typing import Any

import django.contrib.auth.admin
import django_q.admin  # noqa: F401  # registers what is taken away again below
import rest_framework.authtoken.admin
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_q.models import Failure, OrmQ, Schedule, Success
from rest_framework.authtoken.models import Token, TokenProxy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Pages, messages and the admin's own log print what a row is called; a token would be called by its key.
Token.__str__ = lambda token: str(token.user)  # type: ignore[method-assign,attr-defined]

for model in (Schedule, Success, Failure, OrmQ, User, Group, TokenProxy):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(django.contrib.auth.admin.UserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold is not typed
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(django.contrib.auth.admin.GroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold is not typed
    pass


@admin.register(TokenProxy)
class TokenAdmin(rest_framework.authtoken.admin.TokenAdmin, ModelAdmin):  # type: ignore[misc]  # unfold is not typed
    """A token is shown once, when it is made. To change it, delete it and make another."""

    list_display = ("user", "created")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            messages.warning(request, _("Copy the token now, it is not shown again: %s") % obj.key)
