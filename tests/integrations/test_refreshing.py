"""Everything that is known of an account is read again at once, with what changed and what could not be read."""

from __future__ import annotations

import pytest

from integrations.health import account_changed, check_connection
from integrations.lookups import known_look_ups
from integrations.models import Knowledge
from integrations.refreshing import Reading, refresh_account, subjects_of
from integrations.schemas import fields_of, forget_fields, known_fields
from integrations.vendors.registry import VENDORS
from tests.world import World

pytestmark = pytest.mark.django_db
LOOK_UPS = ["campaigns", "member_statuses", "users"]
OBJECTS = ["Lead", "Contact", "Account", "Campaign", "CampaignMember", "Task"]


def changes(readings: list[Reading]) -> dict[str, tuple[int, int, int]]:
    return {r.subject.name: (r.new, r.gone, r.changed) for r in readings if (r.new, r.gone, r.changed) != (0, 0, 0)}


def test_look_ups_and_fields_are_read_and_then_only_differences_are_said(world: World) -> None:
    first = refresh_account(world.salesforce)
    assert [r.subject.name for r in first] == LOOK_UPS + OBJECTS
    assert not any(r.error for r in first)
    assert changes(first)["campaigns"] == (1, 0, 0)
    assert changes(refresh_account(world.salesforce)) == {}
    made = world.sandbox.create("Campaign", Name="Autumn")
    world.sandbox.switch("salesforce", hidden_fields=["Lead.Rating"])
    assert changes(refresh_account(world.salesforce)) == {"campaigns": (1, 0, 0), "Lead": (0, 1, 0)}
    campaigns = next(known for known in known_look_ups() if known.look_up.key == "campaigns")
    assert (made, "Autumn") in [(entry.id, entry.name) for entry in campaigns.entries]
    world.sandbox.act("salesforce", "update", object="Campaign", id=made, values={"Name": "Winter"})
    assert changes(refresh_account(world.salesforce)) == {"campaigns": (0, 0, 1)}


def test_fields_that_were_needed_once_are_read_again_too(world: World) -> None:
    fields_of(world.salesforce, "User")
    assert [subject.name for subject in subjects_of(world.salesforce)][-1] == "User"


def test_what_the_vendor_refuses_is_said_and_the_rest_is_read(world: World) -> None:
    world.sandbox.switch("salesforce", hidden_fields=["Campaign.IsActive"])
    readings = {r.subject.name: r.error for r in refresh_account(world.salesforce)}
    assert readings.pop("campaigns") is not None
    assert not any(readings.values()) and "Lead" in readings
    assert "IsActive" in Knowledge.objects.get(name="campaigns").problem


def test_a_vendor_that_cannot_be_asked_is_asked_once_and_what_is_known_stays(world: World) -> None:
    refresh_account(world.getresponse)
    world.sandbox.switch("getresponse", down="always")
    [reading] = refresh_account(world.getresponse)
    assert reading.error is not None
    assert all(known.entries for known in known_look_ups() if known.connection == "getresponse-main")


def test_testing_a_connection_reads_what_there_is_to_know(world: World) -> None:
    check_connection(world.getresponse)
    read = {known.look_up.key for known in known_look_ups() if known.entries}
    assert read == {each.key for each in VENDORS["getresponse"].capabilities.lookups}
    assert known_fields(world.getresponse, "contact")


def test_a_test_that_cannot_sign_in_asks_for_nothing_more(world: World) -> None:
    world.sandbox.switch("getresponse", unauthorized="always")
    check_connection(world.getresponse)
    assert not Knowledge.objects.exists()


def test_another_account_is_not_known_at_all(world: World) -> None:
    refresh_account(world.getresponse)
    refresh_account(world.salesforce)
    account_changed(world.getresponse)
    assert not Knowledge.objects.filter(connection=world.getresponse).exists()
    assert Knowledge.objects.filter(connection=world.salesforce).exists()


def test_a_hidden_field_makes_fields_be_asked_for_again_and_leaves_look_ups_alone(world: World) -> None:
    refresh_account(world.salesforce)
    world.sandbox.switch("salesforce", hidden_fields=["Lead.Rating"])
    assert "Rating" in fields_of(world.salesforce, "Lead")
    forget_fields(world.salesforce)
    assert "Rating" not in fields_of(world.salesforce, "Lead")
    assert not Knowledge.objects.filter(kind="look_up", forgotten_at__isnull=False).exists()
