"""Test connection of a tool that is never called: what its options mean, and which of them mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.vendors.base import Account, Check, Write
from integrations.vendors.errors import Unsupported
from integrations.vendors.webhook import VENDOR
from tests.integrations.vendors.services import Bench

URL = "https://crosswalk.example.com/webhooks/webhook/t/"


def checks(secret: str = "", **options: Any) -> list[Check]:
    account = Account("tool", "", {"signing_secret": secret}, options)
    return VENDOR.connect(account, Bench().services).check(URL)


def test_it_says_what_a_call_means_and_never_the_url() -> None:
    address, signature, meaning = checks()
    assert "by POST" in address.detail and URL not in address.detail
    assert "not signed" in signature.detail
    assert "contact.updated" in meaning.detail


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"event": "form.submitted"}, "form.submitted"),
        ({"event_field": "type"}, "type is to hold an event"),
        ({"event_field": "type", "events": "a = contact.created, b = contact.deleted"}, "2 words"),
    ],
)
def test_what_makes_sense_is_said(options: dict[str, str], said: str) -> None:
    meaning = checks(**options)[2]
    assert meaning.ok and said in meaning.detail


@pytest.mark.parametrize("events", ["new = contact.made", "new", "= contact.created"])
def test_what_is_no_event_is_said_with_what_to_do(events: str) -> None:
    meaning = checks(event_field="type", events=events)[2]
    assert not meaning.ok and meaning.help


def test_a_secret_nobody_can_sign_with_is_said_and_never_shown() -> None:
    signature = checks("whsec_%%%")[1]
    assert not signature.ok and signature.help
    assert "%%%" not in signature.detail + signature.help
    assert checks("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")[1].ok


def test_nothing_can_be_asked_or_written() -> None:
    client = VENDOR.connect(Account("tool", "", {}), Bench().services)
    (outcome,) = client.write([Write("1", "record", "upsert", {})])
    assert isinstance(outcome.error, Unsupported)
    with pytest.raises(Unsupported):
        client.describe("record")
