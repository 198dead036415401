"""Do Not Disturb: read as HighLevel means it, written for one channel, never lowered, never lifted by itself."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome
from integrations.vendors.errors import OutcomeUnknown, Rejected
from integrations.vendors.highlevel import VENDOR
from integrations.vendors.highlevel.resources import HighLevel
from integrations.vendors.highlevel.resources.stops import Held, lost_stops

from ..services import Bench
from .location import BASE, DANA, SimulatedLocation, fields, highlevel_account, update

ACTIVE, INACTIVE = {"status": "active"}, {"status": "inactive"}


@pytest.mark.parametrize(
    ("record", "path", "said"),
    [
        ({"dnd": True, "dndSettings": {"Email": INACTIVE}}, "dnd.email", (True, True)),
        ({"dnd": False, "dndSettings": {"Email": ACTIVE}}, "dnd.email", (True, True)),
        ({"dnd": False, "dndSettings": {"Email": ACTIVE}}, "dnd.all", (True, False)),
        ({"dnd": False, "dndSettings": {"Email": ACTIVE}}, "dnd.sms", (True, False)),
        ({"dnd": False, "dndSettings": {"email": ACTIVE}}, "dnd.email", (True, True)),
        ({"dnd": False, "dndSettings": {"whatsApp": ACTIVE}}, "dnd.whatsapp", (True, True)),
        ({"dnd": False, "dndSettings": {"SMS": {"status": "permanent"}}}, "dnd.sms", (True, True)),
        ({"dnd": False, "dndSettings": {"Call": {"status": "paused"}}}, "dnd.call", (True, True)),
        ({"dnd": False, "dndSettings": {"Call": {}}}, "dnd.call", (True, True)),
        ({"dnd": False, "dndSettings": {"Call": "on"}}, "dnd.call", (True, True)),
        ({"dnd": False, "dndSettings": {"Call": {"status": "Inactive"}}}, "dnd.call", (True, False)),
        ({"dnd": False, "dndSettings": {}}, "dnd.email", (True, False)),
        ({"dnd": False}, "dnd.email", (False, False)),  # an event without settings does not say: it is read
        ({"dnd": True}, "dnd.email", (True, True)),
        ({}, "dnd.all", (False, False)),
        ({"dnd": True}, "dnd.fax", (False, False)),
        ({"dnd": True}, "dnd", (True, True)),
    ],
)
def test_a_stop_is_read_global_or_by_channel_and_unknown_means_stop(
    record: dict[str, Any], path: str, said: tuple[bool, bool]
) -> None:
    assert VENDOR.path(record, path) == said


def test_a_stop_is_written_for_its_channel_alone_and_read_back(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"SMS": INACTIVE, "RCS": ACTIVE})
    assert location.write_one(fields(id, {"dnd.email": True})).error is None
    contact = location.contact(id)
    assert (contact["dnd"], location.statuses(id)) == (False, {"SMS": "inactive", "RCS": "active", "Email": "active"})
    assert contact["dndSettings"]["Email"]["message"].startswith("Crosswalk: do not contact, 20")
    assert location.calls(f"/contacts/{id}") == [f"{method} /contacts/{id}" for method in ("GET", "PUT", "GET")]


def test_every_channel_and_the_global_one_are_written_for_somebody_who_wants_nothing(
    location: SimulatedLocation,
) -> None:
    id = location.make()
    everything = {f"dnd.{channel}": True for channel in ("email", "sms", "call", "whatsapp", "all")}
    assert location.write_one(fields(id, everything)).error is None
    assert location.contact(id)["dnd"] is True
    assert location.statuses(id) == dict.fromkeys(("Email", "SMS", "Call", "WhatsApp"), "active")


def test_permanent_stays_permanent(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"Email": {"status": "permanent", "code": "30004"}})
    outcome = location.write_one(fields(id, {"dnd.email": True}))
    assert (outcome.error, outcome.response) == (None, {"already": True})
    assert location.statuses(id) == {"Email": "permanent"}


def test_a_stop_on_a_contact_that_is_stopped_as_a_whole_is_written_beside_it(location: SimulatedLocation) -> None:
    """So that whoever switches the global one off later does not lift what the person said of this channel."""
    id = location.make(dnd=True)
    assert location.write_one(fields(id, {"dnd.email": True})).error is None
    assert (location.contact(id)["dnd"], location.statuses(id)) == (True, {"Email": "active"})


def test_a_stop_that_highlevel_takes_and_does_not_show_is_not_done(location: SimulatedLocation) -> None:
    id = location.make()
    location.sandbox.switch("highlevel", dnd_ignored=1)
    assert isinstance(location.write_one(fields(id, {"dnd.email": True})).error, OutcomeUnknown)
    assert location.write_one(fields(id, {"dnd.email": True})).error is None
    assert location.statuses(id) == {"Email": "active"}


def test_a_stop_of_another_channel_that_our_write_took_away_is_put_back(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"SMS": {"status": "permanent", "code": "30004"}, "Call": INACTIVE})
    location.sandbox.switch("highlevel", dnd_replaces=True)
    assert location.write_one(fields(id, {"dnd.email": True})).error is None
    assert location.statuses(id) == {"Email": "active", "SMS": "permanent"}
    assert location.contact(id)["dndSettings"]["SMS"]["code"] == "30004"


def test_a_stop_that_cannot_be_put_back_is_said_loudly(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"SMS": ACTIVE})
    location.sandbox.switch("highlevel", dnd_replaces=True)
    client = location.client()
    sent = client.api.send_each

    def losing_the_last(calls: Any) -> Any:
        if any("SMS" in (call.body or {}).get("dndSettings", {}) for call in calls):
            return [Rejected("No.")]
        return sent(calls)

    client.api.send_each = losing_the_last  # type: ignore[method-assign]
    (outcome,) = client.write([fields(id, {"dnd.email": True})])
    assert isinstance(outcome.error, Rejected)
    assert "SMS" in outcome.error.message


@responses.activate
def test_over_an_answer_that_is_no_contact_nothing_is_written() -> None:
    responses.get(f"{BASE}/contacts/c1", json={})
    (outcome,) = HighLevel(highlevel_account(), Bench().services).write([fields("c1", {"dnd.email": True})])
    assert isinstance(outcome.error, OutcomeUnknown)
    assert [call.request.method for call in responses.calls] == ["GET"]


def test_what_was_not_read_back_takes_nothing_for_lost() -> None:
    held = Held(update("x"), {"dndSettings": {"SMS": ACTIVE}}, {"dndSettings": {"Email": ACTIVE}})
    assert lost_stops(held, {}) == {}


# --- lifting ----------------------------------------------------------------------------------------------------------


def lifted(location: SimulatedLocation, id: str, **flags: bool) -> Outcome:
    return location.write_one(fields(id, {f"dnd.{channel}": not may for channel, may in flags.items()}))


def test_an_approved_opt_in_lifts_its_channel_alone(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"Email": ACTIVE, "SMS": ACTIVE})
    assert lifted(location, id, email=True).error is None
    assert location.statuses(id) == {"Email": "inactive", "SMS": "active"}


def test_permanent_is_not_lifted(location: SimulatedLocation) -> None:
    id = location.make(dndSettings={"Email": {"status": "permanent"}})
    outcome = lifted(location, id, email=True)
    assert isinstance(outcome.error, Rejected)
    assert "START" in outcome.error.help
    assert location.statuses(id) == {"Email": "permanent"}


def test_the_global_stop_is_not_lifted_for_one_channel(location: SimulatedLocation) -> None:
    id = location.make(dnd=True, dndSettings={"Email": ACTIVE})
    assert isinstance(lifted(location, id, email=True).error, Rejected)
    assert (location.contact(id)["dnd"], location.statuses(id)) == (True, {"Email": "active"})


def test_fields_are_written_besides_and_not_where_the_stop_failed(location: SimulatedLocation) -> None:
    id = location.make()
    assert location.write_one(fields(id, {"dnd.email": True, "firstName": "Dana"})).error is None
    assert (location.contact(id)["firstName"], location.statuses(id)) == ("Dana", {"Email": "active"})
    refused = location.write_one(fields("gone00000000000000", {"dnd.email": True, "firstName": "Dana"}))
    assert refused.error is not None


def test_no_call_of_the_catalogue_writes_do_not_disturb(sandbox: RunningSandbox, location: SimulatedLocation) -> None:
    id = location.make()
    for name in ("dnd", "dndSettings", "inboundDndSettings"):
        for operation in ("update_contact", "create_contact", "upsert_contact"):
            with pytest.raises(Rejected):
                location.client().call(operation, {"contactId": id, name: False}, None)
    assert location.contact(id)["email"] == DANA
