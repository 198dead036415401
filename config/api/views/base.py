"""What all endpoints share: read-only lists with keyset paging, and refusals in our own words."""

from __future__ import annotations

from typing import Any, NoReturn

from rest_framework import mixins, viewsets
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from integrations.vendors.errors import CrosswalkError, TransientError


class ReadOnly(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """A list and its details. `action_permissions` names what each further action needs."""

    action_permissions: dict[str, str] = {}
    lookup_value_regex = "[0-9A-Za-z]+"

    def may(self, request: Request) -> bool | None:
        """Whether this user may do what is asked; None leaves it to the permissions of the model."""
        permission = self.action_permissions.get(self.action)
        return None if permission is None else request.user.has_perm(permission)


class ByName(ReadOnly):
    """Things that are called by their name."""

    lookup_field = "name"
    lookup_value_regex = "[a-z0-9_-]+"


class VendorAnswered(APIException):
    """A vendor could not be asked, or refused."""

    status_code = 502


def refuse(error: CrosswalkError) -> NoReturn:
    """The four facts of a failure as the answer: 503 for "later", 409 for what a person must settle."""
    answer = VendorAnswered({"error": error.facts()})
    answer.status_code = 503 if isinstance(error, TransientError) else 409
    raise answer from error


def refuse_field(field: str, message: str) -> NoReturn:
    raise ValidationError({field: [message]})
