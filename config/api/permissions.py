"""Who may do what over the API: the same model permissions as in the admin."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request


class StaffWithModelPermissions(DjangoModelPermissions):
    """Staff only; reading needs `view_…`; a view may say itself who may do what, by a method `may`."""

    _view = ["%(app_label)s.view_%(model_name)s"]
    perms_map = {**DjangoModelPermissions.perms_map, "GET": _view, "HEAD": _view, "OPTIONS": _view}

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_active and getattr(request.user, "is_staff", False)):
            return False
        own: bool | None = view.may(request) if hasattr(view, "may") else None
        return super().has_permission(request, view) if own is None else own
