"""Lists and campaigns are chosen and read back by name, from what was read last; no page asks a vendor."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.lookups import KnownLookUp
from integrations.models import Knowledge
from integrations.refreshing import refresh_account
from integrations.vendors.lookups import Entry, LookUp
from mappings.editing.choices import Choice
from mappings.models import Rule
from tests.mappings.test_admin import edit
from tests.world import World

pytestmark = pytest.mark.django_db
CAMPAIGN = "7015e0000000001AAA"
JOIN = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}
ONE_LIST = {"field": "campaign.campaignId", "op": "equals", "value": "abc123def"}
CAMPAIGN_INPUT, VALUE_INPUT = "actions-0-add_to_campaign-campaign", "conditions-0-value"


@pytest.fixture
def known(world: World) -> World:
    """A world whose lists and campaigns were read."""
    for connection in (world.getresponse, world.salesforce):
        refresh_account(connection)
    return world


def a_rule(world: World, action: dict[str, Any] = JOIN, **comparison: Any) -> Rule:
    return world.rule("r", "contact.subscribed", action, condition={"all": [ONE_LIST | comparison]})


def page(client: Client, row: Rule) -> str:
    return unescape(client.get(f"/admin/mappings/rule/{row.pk}/change/").content.decode())


def said_of(client: Client, row: Rule, name: str) -> str:
    """What stands beneath an input."""
    found = re.search(rf'name="{name}".*?data-said[^>]*>(.*?)</p>', page(client, row), flags=re.S)
    assert found
    return found[1]


def saved(row: Rule) -> tuple[Any, str]:
    """The value of the first condition and the campaign of the first action."""
    row.refresh_from_db()
    return row.condition["all"][0]["value"], row.actions[0]["add_to_campaign"]["campaign"]


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_rule_is_read_back_with_the_names_of_its_list_and_its_campaign(admin_client: Client, known: World) -> None:
    rule = a_rule(known)
    sentence = (
        "When somebody subscribes in getresponse-main and campaign.campaignId equals “Q2 Nurture List”, "
        "add it to campaign “Q2 Nurture” as Registered."
    )
    assert sentence in page(admin_client, rule)
    assert sentence in admin_client.get("/admin/mappings/rule/").content.decode()


def test_what_is_not_known_is_read_back_by_its_id(admin_client: Client, known: World) -> None:
    rule = a_rule(known, {"remove_from_campaign": {"connection": "salesforce-main", "campaign": "701x"}}, value="gone")
    assert "campaign.campaignId equals gone, take it out of campaign 701x." in page(admin_client, rule)


def test_an_id_of_fifteen_characters_is_the_same_campaign(admin_client: Client, known: World) -> None:
    short = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN[:15]}}
    assert "add it to campaign “Q2 Nurture”" in page(admin_client, a_rule(known, short))


@pytest.mark.parametrize(
    ("op", "value", "said"),
    [
        ("equals", "newsl1", "Newsletter"),
        ("in", ["abc123def", "newsl1"], "Q2 Nurture List, Newsletter"),
        ("in", ["newsl1", "gone"], "Not among the lists of getresponse-main as last read: gone"),
    ],
)
def test_beneath_an_id_stands_its_name(admin_client: Client, known: World, op: str, value: Any, said: str) -> None:
    assert said_of(admin_client, a_rule(known, op=op, value=value), VALUE_INPUT) == said


def test_the_campaigns_of_the_chosen_connection_are_suggested(admin_client: Client, known: World) -> None:
    shown = page(admin_client, a_rule(known))
    options = re.search(r'<datalist id="choices-salesforce-main-campaigns"[^>]*>(.*?)</datalist>', shown, flags=re.S)
    assert options and f'<option value="{CAMPAIGN}">Q2 Nurture</option>' in options[1]
    for name, list_id in ((CAMPAIGN_INPUT, "salesforce-main-campaigns"), (VALUE_INPUT, "getresponse-main-lists")):
        tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', shown)
        assert tag and f'list="choices-{list_id}"' in tag[0]


def test_tags_are_suggested_by_their_names(admin_client: Client, known: World) -> None:
    rule = a_rule(known, field="tags", op="contains_any", value=["vip", "nonesuch"])
    shown = page(admin_client, rule)
    assert '<option value="vip"></option>' in shown
    assert "tags contains any of vip, nonesuch" in shown
    assert said_of(admin_client, rule, VALUE_INPUT).endswith("as last read: nonesuch")


# --- typing ---------------------------------------------------------------------------------------------------------


def test_saving_untouched_changes_nothing(admin_client: Client, known: World) -> None:
    rule = a_rule(known)
    before = rule.as_spec()
    assert edit(admin_client, rule, {}).status_code == 302
    rule.refresh_from_db()
    assert rule.as_spec() == before


def test_a_name_that_is_typed_becomes_its_id(admin_client: Client, known: World) -> None:
    rule = a_rule(known)
    assert edit(admin_client, rule, {CAMPAIGN_INPUT: "q2 nurture ", VALUE_INPUT: "Newsletter"}).status_code == 302
    assert saved(rule) == ("newsl1", CAMPAIGN)


@pytest.mark.parametrize(
    ("op", "typed", "value"),
    [
        ("in", "Newsletter, abc123def, gone", ["newsl1", "abc123def", "gone"]),
        ("in", '["Newsletter"]', ["Newsletter"]),
        ("not_equals", "Newsletter", "newsl1"),
        ("starts_with", "Newsletter", "Newsletter"),
    ],
)
def test_names_become_ids_where_whole_values_are_compared(
    admin_client: Client, known: World, op: str, typed: str, value: Any
) -> None:
    rule = a_rule(known)
    assert edit(admin_client, rule, {"conditions-0-op": op, VALUE_INPUT: typed}).status_code == 302
    assert saved(rule)[0] == value


@pytest.mark.parametrize("campaign", ["7019x0000000042", "{customFields.campaign}"])
def test_an_id_typed_by_hand_and_a_placeholder_are_kept(admin_client: Client, known: World, campaign: str) -> None:
    rule = a_rule(known)
    assert edit(admin_client, rule, {CAMPAIGN_INPUT: campaign}).status_code == 302
    assert saved(rule)[1] == campaign


def test_a_name_that_several_have_is_refused_with_their_ids(admin_client: Client, known: World) -> None:
    other = known.sandbox.create("Campaign", Name="Q2 Nurture")
    refresh_account(known.salesforce)
    rule = a_rule(known)
    answer = edit(admin_client, rule, {CAMPAIGN_INPUT: "Q2 Nurture"})
    assert answer.status_code == 200
    assert f"Several have this name. Enter the id of one: {other}, {CAMPAIGN}." in answer.content.decode()
    assert saved(rule)[1] == CAMPAIGN


LISTS = LookUp("lists", "lists", "campaign")
TAGS = LookUp("tags", "tags", "tag", by_name=True)
ENTRIES = (Entry("l1", "Sales, EMEA"), Entry("l2", "l1"), Entry("l3", "Twice"), Entry("l4", "twice"))


def a_choice(look_up: LookUp = LISTS) -> Choice:
    return Choice(KnownLookUp("c", look_up, ENTRIES, timezone.now()))


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Sales, EMEA", "l1"),  # a comma in a name divides nothing
        ("l3, Sales, l2", "l3, Sales, l2"),
        ("l1", "l1"),  # an id is an id, also when another has it for a name
        ("l3,l4", "l3,l4"),
        ("", ""),
    ],
)
def test_what_is_typed_means_one_thing(text: str, chosen: str) -> None:
    assert a_choice().chosen(text, several=True) == chosen


def test_what_is_held_by_its_name_stays_as_it_was_typed() -> None:
    assert a_choice(TAGS).chosen("SALES, emea") == "SALES, emea"
    assert a_choice(TAGS).said("Sales, EMEA") == ""


@pytest.mark.parametrize("text", ["", "{customFields.list}", "x-{name}"])
def test_of_a_placeholder_nothing_can_be_said(text: str) -> None:
    assert a_choice().said(text) == ""


# --- asking nobody --------------------------------------------------------------------------------------------------

MAPPING_SIDES = "source_connection=getresponse-main&source_object=contact&target_connection=salesforce-main"
PAGES = (
    "rule/",
    "rule/add/",
    "rule/{rule}/change/",
    "mapping/{mapping}/change/",
    f"mapping/add/?{MAPPING_SIDES}&target_object=Lead",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("state", ["never read", "forgotten"])
def test_opening_a_page_asks_no_vendor(admin_client: Client, world: World, path: str, state: str) -> None:
    mapping, rule = world.mapping(), a_rule(world)
    if state == "forgotten":
        refresh_account(world.salesforce)
        Knowledge.objects.update(fetched_at="2020-01-01T00:00:00Z", forgotten_at="2021-01-01T00:00:00Z")
    before = len(world.sandbox.calls())
    answer = admin_client.get("/admin/mappings/" + path.format(mapping=mapping.pk, rule=rule.pk))
    assert answer.status_code == 200
    assert len(world.sandbox.calls()) == before


def test_a_page_says_what_was_not_read_yet_and_where_that_is_mended(admin_client: Client, world: World) -> None:
    rule = a_rule(world)
    shown = page(admin_client, rule)
    assert f'href="/admin/integrations/connection/{world.getresponse.pk}/change/#known"' in shown
    assert said_of(admin_client, rule, CAMPAIGN_INPUT) == (
        "The campaigns of salesforce-main are not read yet: open the connection and press Refresh."
    )
    refresh_account(world.getresponse)
    assert "are not read yet, so none are suggested" not in page(admin_client, rule)
