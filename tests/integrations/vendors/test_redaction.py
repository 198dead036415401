"""Secrets do not survive in any text."""

from __future__ import annotations

import pytest

from integrations.vendors.redaction import Redactor, without_addresses


@pytest.mark.parametrize(
    "text",
    [
        "X-Auth-Token: api-key {secret}",
        '{{"client_secret": "{secret}"}}',
        "client_secret={secret}&grant_type=client_credentials",
        "the key {secret} is wrong",
    ],
)
def test_a_given_secret_is_hidden(text: str) -> None:
    assert "s3cr3t-value" not in Redactor(["s3cr3t-value"])(text.format(secret="s3cr3t-value"))


@pytest.mark.parametrize(
    "name", ["access_token", "refresh_token", "client_secret", "assertion", "api_key", "signature"]
)
def test_names_that_are_always_secret_are_hidden_in_json_and_forms(name: str) -> None:
    redact = Redactor([])
    assert "abc.def" not in redact(f'{{"{name}": "abc.def\\"ghi", "ok": 1}}')
    assert "ghi" not in redact(f'{{"{name}": "abc.def\\"ghi", "ok": 1}}')
    assert redact(f"{name}=abc.def&ok=1") == f"{name}=•••&ok=1"


def test_an_empty_or_very_short_secret_does_not_blank_the_text() -> None:
    assert Redactor(["", "a"])("a plain text") == "a plain text"


def test_addresses_are_taken_out_of_a_vendors_words() -> None:
    assert without_addresses("Address <dana@example.com> is blocked, joe@example.co.il.") == (
        "Address <•••> is blocked, •••."
    )
