"""Secrets: encrypted at rest, with keys that rotate; tokens shared by workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection as database

from integrations.clients import SharedToken
from integrations.crypto import CannotDecrypt
from integrations.models import AccessToken, Connection
from integrations.vendors.base import Token
from integrations.vendors.errors import Busy
from tests.clocks import clock_off

pytestmark = pytest.mark.django_db


def stored(table: str, column: str) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return str(cursor.fetchone()[0])


def test_the_database_never_sees_a_credential() -> None:
    Connection.objects.create(name="c", vendor="getresponse", credentials={"api_key": "very-secret"})
    raw = stored("integrations_connection", "credentials")
    assert raw.startswith("enc1:")
    assert "very-secret" not in raw
    assert Connection.objects.get().credentials == {"api_key": "very-secret"}


def test_an_old_key_still_reads_and_the_first_key_writes(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    Connection.objects.create(name="c", vendor="getresponse", credentials={"api_key": "k"})
    settings.CREDENTIAL_KEYS = [new, old]
    Connection.objects.get().save()
    settings.CREDENTIAL_KEYS = [new]
    assert Connection.objects.get().credentials == {"api_key": "k"}


def test_a_missing_key_is_said_and_nothing_is_guessed(settings: Any) -> None:
    Connection.objects.create(name="c", vendor="getresponse", credentials={"api_key": "k"})
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CannotDecrypt, match="CREDENTIAL_KEYS"):
        Connection.objects.get()


def test_a_credential_cannot_be_searched_for() -> None:
    with pytest.raises(FieldError):
        Connection.objects.filter(credentials="x").exists()


def test_a_token_is_fetched_once_and_shared() -> None:
    row = Connection.objects.create(name="c", vendor="salesforce")
    fetched: list[str] = []

    def fetch() -> Token:
        fetched.append("x")
        return Token(f"token-{len(fetched)}", facts={"instance_url": "https://acme.example.com"})

    first = SharedToken(row.pk).renew(fetch, None)
    again = SharedToken(row.pk).renew(fetch, None)
    assert (first.value, again.value, len(fetched)) == ("token-1", "token-1", 1)
    assert SharedToken(row.pk).renew(fetch, again).value == "token-2"
    assert SharedToken(row.pk).renew(fetch, again).value == "token-2"  # somebody else replaced the stale one
    assert "token-2" not in stored("integrations_accesstoken", "value")


@pytest.mark.parametrize("jump", [timedelta(), timedelta(hours=1)])
def test_while_one_worker_asks_the_others_wait_and_do_not_ask_too(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    row = Connection.objects.create(name="c", vendor="salesforce")
    monkeypatch.setattr("integrations.clients._WAIT_SECONDS", 0.1)
    inner: list[Exception] = []

    def fetch() -> Token:
        try:
            with clock_off(jump):
                SharedToken(row.pk).renew(lambda: pytest.fail("asked twice"), None)
        except Busy as busy:
            inner.append(busy)
        return Token("one")

    assert SharedToken(row.pk).renew(fetch, None).value == "one"
    assert len(inner) == 1
    assert AccessToken.objects.get().renewing_until is None
