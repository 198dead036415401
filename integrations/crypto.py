"""Encrypts credentials at rest with keys that rotate: the first of CREDENTIAL_KEYS encrypts, all decrypt."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

PREFIX = "enc1:"


class CannotDecrypt(Exception):
    """None of CREDENTIAL_KEYS fits: the key that wrote the value is missing."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in settings.CREDENTIAL_KEYS])


def encrypt(value: Any) -> str:
    """JSON-able value to a text that can be stored."""
    return PREFIX + _fernet().encrypt(json.dumps(value).encode()).decode()


def decrypt(stored: str) -> Any:
    """The value again. Raises CannotDecrypt when no key fits."""
    try:
        return json.loads(_fernet().decrypt(stored.removeprefix(PREFIX).encode()))
    except InvalidToken as error:
        raise CannotDecrypt(
            "A credential cannot be read: the key that encrypted it is not among CREDENTIAL_KEYS. Add the old key."
        ) from error


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]  # Django's fields take no arguments at run time
    """A JSON value that the database only ever sees encrypted. It cannot be searched for."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encrypt(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return ""  # fixtures and serializers never carry a secret

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError("An encrypted field cannot be searched for.")
        return super().get_lookup(lookup_name)
