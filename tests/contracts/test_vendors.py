"""What every vendor package must keep to; a new vendor gets these tests for its row in the registry."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors import errors
from integrations.vendors.base import Account, Client, Inbound, Services, Vendor, Write
from integrations.vendors.errors import CrosswalkError, RecordError, Unsupported
from integrations.vendors.registry import VENDORS
from mappings.spec import ACTIONS
from tests.integrations.vendors.services import Bench
from tests.payloads import Payload, payloads

MODULES = ("capabilities", "credentials", "fields", "client", "webhooks", "operations")
READS = {"read": "read", "find": "find_any", "page": "page"}
ANYWHERE = re.compile(".*")
NOTHING = Inbound("POST", {}, [], b"", "application/json")
SECRET = "5ecret-Value-9876"
EVENTS = {
    *(f"contact.{w}" for w in ("created", "updated", "deleted", "subscribed", "unsubscribed", "tagged", "untagged")),
    *(f"contact.{w}" for w in ("moved", "email_changed", "undeliverable")),
    *("opt_out.changed", "email.opened", "email.clicked", "form.submitted", "webinar.registered", "webinar.attended"),
    *(f"task.{w}" for w in ("created", "updated", "completed", "deleted")),
    *(f"note.{w}" for w in ("created", "updated", "deleted")),
    *("message.received", "message.sent", "appointment.created", "appointment.updated", "appointment.cancelled"),
}
LOOKUP_KINDS = {key.chosen_from for form in ACTIONS.values() for key in form.keys} - {""}
LOOKUP_KINDS |= {"message", "webinar", "form", "landing_page"}  # in conditions only
SANDBOX = {  # where each vendor is simulated, and who may sign in there
    "highlevel": ("highlevel", {"token": "pit-sandbox-highlevel-token"}),
    "getresponse": ("getresponse/v3", {"api_key": "sandbox-getresponse-key"}),
    "responder": (
        "responder/v2",
        {
            "client_id": "238",
            "client_secret": "sandbox-responder-secret",
            "user_token": "sandbox-responder-user-token",
        },
    ),
    "salesforce": ("salesforce", {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}),
}
OPTIONS = {"highlevel": {"location_id": "locSandbox0001"}}
GROUPS = (errors.TransientError, errors.ConfigurationError, errors.RecordError)

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda v: v.slug)
called_vendor = pytest.mark.parametrize(
    "vendor", [v for v in VENDORS.values() if not v.capabilities.only_tells], ids=lambda v: v.slug
)
every_payload = pytest.mark.parametrize(
    ("vendor", "payload"),
    [pytest.param(v, p, id=f"{v.slug}-{p.name}") for v in VENDORS.values() for p in payloads(v.slug)],
)


def account(vendor: Vendor) -> Account:
    """An account with every secret of the vendor filled in."""
    credentials = {c.name: SECRET if c.secret else c.name for c in vendor.credentials if c.name != "flow"}
    return Account(f"{vendor.slug}-main", "https://vendor.example.com", credentials, OPTIONS.get(vendor.slug, {}))


def client(vendor: Vendor, bench: Bench) -> Client:
    services: Services = bench.services
    return vendor.connect(account(vendor), services)


# --- the package ----------------------------------------------------------------------------------------------------


@every_vendor
def test_a_package_has_the_same_files_as_all_others(vendor: Vendor) -> None:
    package = files(f"integrations.vendors.{vendor.slug}")
    names = {entry.name.removesuffix(".py") for entry in package.iterdir() if not entry.name.startswith("__")}
    assert names == {*MODULES, "resources"}


@every_vendor
def test_a_package_knows_neither_django_nor_a_database(vendor: Vendor) -> None:
    package = Path(str(files(f"integrations.vendors.{vendor.slug}")))
    texts = [file.read_text(encoding="utf-8") for file in package.rglob("*.py")]
    assert not [text for text in texts if "django" in text.lower() or "sqlite" in text]


@every_vendor
def test_what_a_person_enters_is_explained(vendor: Vendor) -> None:
    entered = [*vendor.credentials, *vendor.options]
    assert all(c.label and c.help for c in entered)
    assert len({c.name for c in entered}) == len(entered)
    assert any(c.secret for c in vendor.credentials)
    assert not any(c.secret for c in vendor.options)


@every_vendor
def test_the_catalogue_is_real_and_its_keys_are_unique(vendor: Vendor) -> None:
    assert len(vendor.operations) >= 15
    assert len({o.key for o in vendor.operations}) == len(vendor.operations)
    assert all(o.label and o.source for o in vendor.operations)
    assert all((o.method and o.path) or o.kind == "trigger" for o in vendor.operations)


# --- capabilities ---------------------------------------------------------------------------------------------------


@every_vendor
def test_the_client_answers_every_read_of_the_capabilities(vendor: Vendor) -> None:
    kind = type(client(vendor, Bench()))
    for object_ in vendor.capabilities.objects:
        for read in object_.reads:
            assert READS[read] in vars(kind), f"{object_.name} {read}"


@every_vendor
def test_the_client_makes_loads_when_the_capabilities_say_that_they_pay(vendor: Vendor) -> None:
    made = {"open_load", "fill_load", "look_at_load"} & set(vars(type(client(vendor, Bench()))))
    assert len(made) == (3 if vendor.capabilities.has_loads else 0)
    options = {option.name for option in vendor.options}
    assert all(set(object_.load_unless) <= options for object_ in vendor.capabilities.objects)


@every_vendor
def test_the_client_accepts_exactly_the_writes_of_the_capabilities(vendor: Vendor) -> None:
    """Probed with writes that nobody can send: what is offered is refused for another reason than "unsupported"."""
    writing = client(vendor, Bench())
    for object_ in vendor.capabilities.objects:
        for operation in {"upsert", "create", "delete", "add_to_campaign", "levitate", *object_.writes}:
            probe = Write("probe", object_.name, operation, {"x": float("nan")}, record_id="??")
            assert _is_unsupported(writing, probe) == (operation not in object_.writes), f"{object_.name} {operation}"


def _is_unsupported(writing: Client, probe: Write) -> bool:
    try:
        (outcome,) = writing.write([probe])
    except CrosswalkError as error:
        return isinstance(error, Unsupported)
    return isinstance(outcome.error, Unsupported)


@every_vendor
def test_events_are_ours_and_said_with_a_note(vendor: Vendor) -> None:
    events = vendor.capabilities.events
    assert {e.type for e in events} <= EVENTS
    assert len({e.type for e in events}) == len(events)
    assert all(e.note and e.seen in ("pushed", "polled", "invisible") for e in events)


@every_vendor
def test_limits_and_opt_outs_name_things_that_exist(vendor: Vendor) -> None:
    capabilities = vendor.capabilities
    assert all(calls > 0 and per.total_seconds() > 0 for calls, per in capabilities.limits)
    assert bool(capabilities.limits) != capabilities.only_tells and capabilities.parallel > 0
    assert all(capabilities.object(o.object) for o in capabilities.opt_outs)
    assert not capabilities.campaign_object or capabilities.object(capabilities.campaign_object)
    for object_ in capabilities.objects:
        assert set(object_.subscribing) <= set(object_.writes)
        assert object_.source and object_.batch >= 1


@every_vendor
def test_callbacks_are_managed_exactly_where_the_capabilities_say_so(vendor: Vendor) -> None:
    own = vars(type(client(vendor, Bench())))
    managed = [name in own for name in ("callbacks", "register_callback", "remove_callback")]
    assert managed == [vendor.capabilities.callbacks] * 3


@every_vendor
def test_look_ups_are_answered_exactly_where_the_capabilities_say_so(vendor: Vendor) -> None:
    lookups = vendor.capabilities.lookups
    asked = client(vendor, Bench())
    assert len({each.key for each in lookups}) == len(lookups)
    assert all(each.label and each.source and each.kind in LOOKUP_KINDS for each in lookups)
    assert ("look_up" in vars(type(asked))) == bool(lookups)
    with pytest.raises(Unsupported):
        list(asked.look_up("levitations"))


@called_vendor
def test_every_look_up_is_there_at_the_simulated_vendor(vendor: Vendor, sandbox: RunningSandbox) -> None:
    path, credentials = SANDBOX[vendor.slug]
    simulated = Account(vendor.slug, f"{sandbox.url}/{path}", credentials, OPTIONS.get(vendor.slug, {}))
    asked = vendor.connect(simulated, Bench().services)
    for each in vendor.capabilities.lookups:
        entries = list(asked.look_up(each.key))
        assert entries and all(entry.id and entry.name for entry in entries), each.key
        assert len({entry.id for entry in entries}) == len(entries), each.key


# --- webhooks -------------------------------------------------------------------------------------------------------


@every_payload
def test_a_payload_says_what_its_file_says(vendor: Vendor, payload: Payload) -> None:
    notices = vendor.webhooks.parse(payload.inbound)
    assert tuple(n.type for n in notices) == payload.types
    assert all(n.content and n.vendor_type and not n.unreadable for n in notices)
    assert {n.type for n in notices} <= EVENTS | {""}
    assert payload.source


@every_payload
def test_the_same_call_twice_is_the_same_notices(vendor: Vendor, payload: Payload) -> None:
    assert vendor.webhooks.parse(payload.inbound) == vendor.webhooks.parse(payload.inbound)


@every_payload
def test_a_notice_can_be_stored_and_its_time_has_a_zone(vendor: Vendor, payload: Payload) -> None:
    for notice in vendor.webhooks.parse(payload.inbound):
        json.dumps([notice.content, notice.record, notice.context])
        assert notice.occurred_at is None or notice.occurred_at.tzinfo


@every_payload
def test_each_event_of_a_call_has_an_id_of_its_own_or_content_of_its_own(vendor: Vendor, payload: Payload) -> None:
    notices = vendor.webhooks.parse(payload.inbound)
    keys = [(n.vendor_event_id, json.dumps(n.content, sort_keys=True)) for n in notices]
    assert len(set(keys)) == len(keys)


@every_payload
def test_a_payload_is_authentic_or_refused(vendor: Vendor, payload: Payload) -> None:
    """Without a secret it passes: the token in the URL is the proof. With one, who can sign has to.

    What its vendor always signs never passes without.
    """
    unsigned = dataclasses.replace(account(vendor), credentials={})
    if payload.signed:
        with pytest.raises(errors.Forged):
            vendor.webhooks.verify(payload.inbound, unsigned)
        return
    vendor.webhooks.verify(payload.inbound, unsigned)
    if any(c.name == "signing_secret" for c in vendor.credentials):
        with pytest.raises(errors.Forged):
            vendor.webhooks.verify(payload.inbound, account(vendor))


@every_vendor
@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b"{}", b"[]", b"null", b'"x"', b"a=1&b=2"])
def test_a_body_nobody_can_read_is_said_to_be_so(vendor: Vendor, body: bytes) -> None:
    inbound = dataclasses.replace(NOTHING, body=body)
    try:
        notices = vendor.webhooks.parse(inbound)
    except errors.Unreadable as error:
        assert error.message.endswith(".")
    else:
        assert all(n.unreadable for n in notices)


@every_vendor
@pytest.mark.parametrize("record", [{}, {"email": None}, {"customFieldValues": 7}, {"tags": [None]}])
def test_reading_a_strange_record_raises_nothing(vendor: Vendor, record: dict[str, Any]) -> None:
    assert vendor.identify(vendor.capabilities.objects[0].name, record) == ("", "")
    assert vendor.opted_in_at(record, {}) is None
    assert vendor.path(record, "customFields.company") == (False, None)
    assert vendor.path(record, "") == (False, None)


# --- errors and secrets -----------------------------------------------------------------------------------------------


@called_vendor
@responses.activate
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("body", ["", "<html>gateway</html>", "null", "[]", "{}", f'{{"message": "{SECRET}"}}'])
def test_every_status_and_body_belongs_to_one_group_and_shows_no_secret(vendor: Vendor, status: int, body: str) -> None:
    bench = Bench()
    for method in ("GET", "POST", "PATCH"):
        responses.add(method, ANYWHERE, status=status, body=body)
    with pytest.raises(CrosswalkError) as caught:
        client(vendor, bench).find_any(vendor.capabilities.objects[0].name, {_address(vendor): ["a@example.com"]})
    assert sum(isinstance(caught.value, group) for group in GROUPS) == 1
    assert all(caught.value.facts()[name] for name in ("code", "message", "help"))
    assert SECRET not in json.dumps(caught.value.facts()) + bench.journal.text
    assert bench.journal.exchanges


@every_vendor
def test_an_account_never_shows_its_credentials(vendor: Vendor) -> None:
    assert SECRET not in repr(account(vendor))


@called_vendor
@responses.activate
def test_a_test_of_a_broken_connection_is_a_list_and_never_an_exception(vendor: Vendor) -> None:
    for method in ("GET", "POST"):
        responses.add(method, ANYWHERE, status=500, body="<html>")
    checks = client(vendor, Bench()).check("https://crosswalk.example.com/hook/")
    assert checks and not checks[0].ok
    assert all(c.help for c in checks if not c.ok)


def test_every_error_is_in_exactly_one_group_or_about_a_webhook() -> None:
    kinds = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, CrosswalkError)]
    outside = {k.__name__ for k in kinds if not issubclass(k, GROUPS)}
    assert outside == {"CrosswalkError", "Forged", "Unreadable"}
    assert all(sum(issubclass(k, group) for group in GROUPS) <= 1 for k in kinds)
    assert issubclass(Unsupported, RecordError)


def _address(vendor: Vendor) -> str:
    return vendor.capabilities.objects[0].addresses["email"]
