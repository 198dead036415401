"""Only HighLevel's own calls are believed: fail closed, by raw bytes, for our app; workflows by the URL alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Inbound
from integrations.vendors.errors import Forged
from integrations.vendors.highlevel.webhooks import HIGHLEVELS_KEY, HIGHLEVELS_OLD_KEY, HighLevelWebhooks, key_problem
from integrations.vendors.key_signatures import RSA, read_keys

from .connected import client_at
from .signing import APP, account, call, key, old_key, old_signature, pem, signature, signed

SPECS = Path("/work/shared/vendors/specs/highlevel/webhooks")
EVENT = {"type": "ContactCreate", "locationId": "ezgLocation0000000001", "appId": APP, "webhookId": "w1", "id": "c1"}
WORKFLOW = {"contact_id": "c1", "email": "dana@example.com"}


def believed(inbound: Inbound, of: Account) -> bool:
    try:
        HighLevelWebhooks().verify(inbound, of)
    except Forged:
        return False
    return True


def test_what_is_signed_with_the_key_is_believed() -> None:
    assert believed(signed(EVENT), account())
    assert believed(signed({**EVENT, "name": "דנה כהן"}), account())


def test_what_another_key_signed_is_not() -> None:
    assert not believed(signed(EVENT, "theirs"), account())


def test_the_raw_bytes_count_and_not_what_they_say() -> None:
    written = json.dumps(EVENT, indent=2).encode()
    same = call(json.dumps(EVENT).encode(), x_ghl_signature=signature(written))
    assert believed(call(written, x_ghl_signature=signature(written)), account())
    assert not believed(same, account())


WRONG = {"of nothing": "", "blank": " ", "no word": "N/A", "no base64": "not base64!", "too short": "AAAA"}
WRONG |= {"Hebrew": "ו", "half a sign": "\udce9", "of another body": signature(b"other")}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_without_a_right_signature_nothing_is_believed(given: str) -> None:
    assert not believed(call(EVENT, x_ghl_signature=given), account())
    assert not believed(call(WORKFLOW, x_ghl_signature=given), account())


def test_an_event_without_any_signature_is_not_believed() -> None:
    assert not believed(call(EVENT), account())
    assert not believed(call([WORKFLOW, EVENT]), account())
    assert not believed(call({"type": "INSTALL", "appId": APP}), account())


@pytest.mark.parametrize("names", [("old", "new"), ("new", "old")])
def test_while_a_key_takes_the_place_of_another_both_count(names: tuple[str, str]) -> None:
    both = "\n".join(pem(key(name)) for name in names)
    assert all(believed(signed(EVENT, name), account(webhook_public_key=both)) for name in names)


def test_with_no_key_entered_it_is_highlevels_own() -> None:
    of = account(webhook_public_key="")
    assert not believed(signed(EVENT), of)
    assert key_problem(of.options) == ""
    assert read_keys(HIGHLEVELS_KEY)[0].public_bytes_raw().hex().startswith("8b61d1d6cacbe28d")  # highlevel.md §3.4


def test_a_key_that_nobody_can_read_refuses_all() -> None:
    of = account(webhook_public_key="MCowBQYDK2VwAyEA")
    assert not believed(signed(EVENT), of)
    assert key_problem(of.options)


@pytest.mark.skipif(not SPECS.exists(), reason="the saved specifications are not here")
def test_the_published_keys_are_those_that_were_saved() -> None:
    assert (SPECS / "ed25519-public-key.pem").read_text().split() == HIGHLEVELS_KEY.split()
    assert (SPECS / "legacy-rsa-public-key.pem").read_text().split() == HIGHLEVELS_OLD_KEY.split()


# --- the old signature --------------------------------------------------------------------------------------------


def old_call(**more: str) -> Inbound:
    inbound = call(EVENT)
    return dataclasses.replace(inbound, headers={"x-wh-signature": old_signature(inbound.body), **more})


def test_the_old_signature_counts_only_where_the_options_say_so() -> None:
    keys = pem(key("ours")) + pem(old_key())
    assert not believed(old_call(), account(webhook_public_key=keys))
    assert believed(old_call(), account(webhook_public_key=keys, legacy_signatures="accept"))
    assert not believed(old_call(), account(legacy_signatures="accept"))  # HighLevel's own, and not ours
    assert isinstance(read_keys(HIGHLEVELS_OLD_KEY)[0], RSA)


def test_a_wrong_new_signature_is_not_made_good_by_an_old_one() -> None:
    of = account(webhook_public_key=pem(key("ours")) + pem(old_key()), legacy_signatures="accept")
    assert not believed(old_call(**{"x-ghl-signature": signature(b"other")}), of)
    assert believed(old_call(**{"x-ghl-signature": "N/A"}), of)


# --- our app ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("app", "fine"), [(APP, True), ("another", False), (None, False), (7, False)])
def test_the_event_of_another_app_is_refused_where_ours_is_named(app: Any, fine: bool) -> None:
    event = {**EVENT, "appId": app}
    assert believed(signed(event), account(app_id=APP)) == fine
    assert believed(signed(event), account())


def test_a_signed_body_that_nobody_can_read_is_authentic() -> None:
    assert believed(signed(b"{"), account(app_id=APP))


# --- workflows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fine"),
    [
        ({}, True),
        ({"workflow_webhooks": "refuse"}, False),
        ({"app_id": APP}, False),
        ({"client_id": "abc-1"}, False),
        ({"client_id": "abc-1", "workflow_webhooks": "accept"}, True),
    ],
)
@pytest.mark.parametrize("body", [WORKFLOW, b"", b"not json", b"\xff"])
def test_a_workflow_is_believed_by_the_url_alone_unless_signed_calls_can_be_had(
    options: dict[str, str], fine: bool, body: Any
) -> None:
    assert believed(call(body), account(**options)) == fine


# --- the connection test ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fine", "said"),
    [
        ({}, True, "accepted"),
        ({"app_id": APP}, True, "refused"),
        ({"webhook_public_key": "MCowBQYDK2VwAyEA"}, False, "PEM"),
    ],
)
def test_the_connection_test_says_how_webhooks_are_proven(
    sandbox: RunningSandbox, options: dict[str, str], fine: bool, said: str
) -> None:
    checks = client_at(sandbox, options={"location_id": "locSandbox0001", **options}).check()
    [line] = [check for check in checks if check.name == "Webhooks"]
    assert (line.ok, said in line.detail, bool(line.help)) == (fine, True, not fine)
