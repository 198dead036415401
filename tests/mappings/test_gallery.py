"""Templates: filled in, fitted to what the user's systems have, added switched off, and doing their job."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from audit.models import Change, OptOut
from integrations.clients import open_client
from integrations.lookups import entries_of
from integrations.models import Connection, Event, WatchState
from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.highlevel.seed import WORKFLOW
from integrations.sandbox.responder.options import CLIENT_ID, CLIENT_SECRET, USER_TOKEN
from integrations.tokens import set_token
from integrations.vendors.registry import VENDORS
from mappings.configuration.applying import Refused
from mappings.gallery.adding import add, draft, free_name, plan
from mappings.gallery.filling import fill
from mappings.gallery.reading import Question, Role, Template, templates
from mappings.models import Mapping, Rule
from tests.world import World

RESPONDER = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "user_token": USER_TOKEN}
ROLES = {
    "getresponse": "getresponse-main",
    "highlevel": "highlevel-main",
    "responder": "responder-main",
    "salesforce": "salesforce-main",
    "webhook": "zapier",
}
ANSWERS: dict[str, Any] = {
    "tags": ["pricing_page_visited"],
    "lists": ["abc123def"],
    "campaign": "7015e0000000001AAA",
    "field": "NumberOfEmployees",
    "messages": ["n1"],
    "most": 3,
    "list": "abc123def",
    "done_tags": ["demo_watched"],
    "note_tags": ["demo_watched"],
    "workflow": WORKFLOW,
    "words": ["price", "מחיר"],
}
CHOOSE_SOMETHING = ("highlevel-routing",)  # does nothing unless something is chosen
TEMPLATES = list(templates().values())


@pytest.fixture
def world(world: World) -> World:
    """With a tool that posts to us as well."""
    options = {"event_field": "action", "events": "subscribe = contact.subscribed, unsubscribe = contact.unsubscribed"}
    tool = Connection(name="zapier", vendor="webhook", options=options)
    set_token(tool, "zapier-token")
    tool.save()
    connect(world, "highlevel", world.sandbox.highlevel_url, {"token": TOKEN}, {"location_id": LOCATION})
    connect(world, "responder", world.sandbox.responder_url, RESPONDER)
    return world


def connect(world: World, slug: str, url: str, credentials: dict[str, Any], options: Any = None) -> None:
    connection = Connection(name=f"{slug}-main", vendor=slug, base_url=url, credentials=credentials)
    connection.options = options or {}
    set_token(connection, f"{slug}-token")
    connection.save()


def roles_of(template: Template) -> dict[str, str]:
    return {role.name: ROLES[role.vendor] for role in template.roles}


def answers_of(template: Template, everything: bool) -> dict[str, Any]:
    wanted = [question for question in template.questions if everything or question.required]
    given = {question.name: ANSWERS[question.name] for question in wanted if question.name in ANSWERS}
    return {**roles_of(template), **given}


def texts_in(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [text for key, value in part.items() for text in (key, *texts_in(value))]
    return [text for item in part for text in texts_in(item)] if isinstance(part, list) else [str(part)]


# --- filling in ------------------------------------------------------------------------------------------------

SMALL = Template(
    key="small",
    job="leads",
    title="Small",
    says="",
    more="",
    roles=(Role("source", "getresponse", "Source"),),
    questions=(Question("list", "List"), Question("status", "Status"), Question("tags", "Tags", several=True)),
    document={
        "rules": {
            "<name>-a": {
                "when": {"connection": "<source>", "event": "contact.subscribed"},
                "if": {"all": [{"field": "campaign.campaignId", "op": "equals", "value": "<list>"}]},
                "do": [{"join": {"campaign": "<list>", "status": "<status?>"}}, {"note": {"body": "Hello <source>"}}],
            },
            "<name>-b": {"when": {"event": "x"}, "do": [{"tag": {"tags": "<tags>"}}]},
            "<name>-c": {"when": {"event": "x"}, "do": [{"tag": {"tags": ["all"], "unless": "<tags>"}}]},
        }
    },
)


def test_an_answer_takes_the_place_of_its_name() -> None:
    filled = fill(SMALL, "mine", {"source": "gr", "list": "L1", "status": "Sent", "tags": ["a", "b"]})
    assert filled["rules"]["mine-a"]["if"] == {"all": [{"field": "campaign.campaignId", "op": "equals", "value": "L1"}]}
    assert filled["rules"]["mine-a"]["do"][0] == {"join": {"campaign": "L1", "status": "Sent"}}
    assert filled["rules"]["mine-a"]["do"][1] == {"note": {"body": "Hello gr"}}
    assert filled["rules"]["mine-b"]["do"] == [{"tag": {"tags": ["a", "b"]}}]
    assert "mine-c" not in filled["rules"]


def test_what_needs_an_answer_that_nobody_gave_is_left_out_and_nothing_else() -> None:
    filled = fill(SMALL, "mine", {"source": "gr", "list": "", "tags": []})
    assert filled["rules"]["mine-a"] == {
        "when": {"connection": "gr", "event": "contact.subscribed"},
        "do": [{"note": {"body": "Hello gr"}}],
    }
    assert "mine-b" not in filled["rules"]  # it would do nothing
    assert filled["rules"]["mine-c"]["do"] == [{"tag": {"tags": ["all"]}}]


def test_a_question_mark_takes_only_its_own_key() -> None:
    filled = fill(SMALL, "mine", {"source": "gr", "list": "L1"})
    assert filled["rules"]["mine-a"]["do"][0] == {"join": {"campaign": "L1"}}


# --- every template there is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_a_template_names_only_vendors_and_look_ups_that_there_are(template: Template) -> None:
    vendors = {role.name: VENDORS[role.vendor] for role in template.roles}
    for question in template.questions:
        if question.at:
            kinds = {look_up.kind for look_up in vendors[question.at].capabilities.lookups}
            assert question.chosen_from in kinds, question.name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_a_template_uses_every_answer_and_asks_for_all_it_uses(template: Template) -> None:
    used = {name for text in texts_in(template.document) for name in re.findall(r"<([a-z_]+)\??>", text)}
    asked = {role.name for role in template.roles} | {question.name for question in template.questions}
    assert used - {"name"} == asked


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_a_template_can_be_added_with_and_without_what_may_be_left_out(
    world: World, template: Template, everything: bool
) -> None:
    wanted = draft(template, template.key, answers_of(template, everything))
    if template.key in CHOOSE_SOMETHING and not everything:
        with pytest.raises(Refused, match="at least one"):
            add(wanted)
        return
    assert not any("<" in text for text in texts_in(wanted.configuration.document.data))
    assert plan(wanted).steps
    add(wanted)
    rules = Rule.objects.filter(name__startswith=template.key)
    assert rules and not any(rule.enabled for rule in rules)
    assert not plan(
        draft(template, template.key, answers_of(template, everything))
    ).steps  # adding it twice does nothing


def test_new_rules_stand_behind_those_that_are_there(world: World) -> None:
    world.main_job()
    add(draft(templates()["leads"], "leads", answers_of(templates()["leads"], True)))
    names = list(Rule.objects.values_list("name", flat=True))
    assert names[:2] == ["new-subscriber", "stop"] and set(names[2:]) == {"leads-new", "leads-changed"}


def test_the_name_is_free(world: World) -> None:
    template = templates()["leads"]
    assert free_name(template) == "leads"
    add(draft(template, "leads", answers_of(template, False)))
    assert free_name(template) == "leads-2"


def test_what_the_org_does_not_have_is_left_out_and_said(world: World) -> None:
    world.sandbox.switch("salesforce", hidden_fields=["Lead.GetResponse_Tags__c", "Lead.GetResponse_Contact_ID__c"])
    template = templates()["leads"]
    wanted = draft(template, "leads", answers_of(template, False))
    said = " ".join(wanted.left_out)
    assert "GetResponse_Tags__c" in said and "found by e-mail alone" in said
    add(wanted)
    spec = Mapping.objects.get(name="leads-lead").published.spec
    assert "key" not in spec and "GetResponse_Tags__c" not in {row["to"] for row in spec["fields"]}


def test_a_vendor_that_does_not_answer_refuses_nothing_it_cannot_know(world: World) -> None:
    Connection.objects.filter(name="salesforce-main").update(base_url="http://127.0.0.1:9")
    template = templates()["leads"]
    wanted = draft(template, "leads", answers_of(template, False))
    try:
        planned = plan(wanted)
    except Refused as refused:
        pytest.fail("; ".join(refused.lines))
    assert planned.steps and planned.warnings


# --- their jobs ------------------------------------------------------------------------------------------------


def switched_on(template: str, everything: bool = False, **answers: Any) -> None:
    wanted = draft(templates()[template], template, {**answers_of(templates()[template], everything), **answers})
    add(wanted)
    Rule.objects.filter(name__in=wanted.rules).update(enabled=True)


def test_leads_a_subscriber_becomes_a_lead_with_the_lists_name_as_its_source(world: World) -> None:
    switched_on("leads")
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"]) == ("Dana", "Cohen")
    assert lead["LeadSource"] not in (None, "", "Email Marketing")


def test_leads_only_of_the_chosen_lists_and_into_the_campaign(world: World) -> None:
    switched_on("leads", everything=True, status="Registered", lead_source="Newsletter")
    world.subscribe("dana@example.com", name="Dana Cohen", campaignId="abc123def")
    world.work()
    [lead] = world.leads
    [member] = world.sandbox.records("salesforce", "CampaignMember")
    assert (lead["LeadSource"], member["LeadId"], member["Status"]) == ("Newsletter", lead["Id"], "Registered")
    other = next(entry.id for entry in entries_of(world.getresponse, "lists") if entry.id != "abc123def")
    world.subscribe("omar@example.com", name="Omar", campaignId=other)
    world.work()
    assert len(world.leads) == 1


def test_opt_outs_reach_salesforce(world: World) -> None:
    switched_on("leads")
    switched_on("opt-outs")
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    [lead] = world.leads
    assert lead["HasOptedOutOfEmail"] is True


def test_rating_a_tag_makes_the_lead_hot(world: World) -> None:
    switched_on("leads")
    switched_on("rating")
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("getresponse", "tag", contactId=contact["contactId"], tag="pricing_page_visited")
    world.hear(contact, "tag_applied")
    world.work()
    [lead] = world.leads
    assert lead["Rating"] == "Hot"


def test_opt_outs_ticked_in_salesforce_reach_getresponse(world: World) -> None:
    switched_on("leads")
    switched_on("opt-outs")
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    [lead] = world.leads
    before = blocked(world)
    world.sandbox.act("salesforce", "update", id=lead["Id"], values={"HasOptedOutOfEmail": True})
    look_again(world)
    assert "dana@example.com" in blocked(world) and not blocked(world) - before - {"dana@example.com"}
    for _round in range(3):
        look_again(world)
    assert OptOut.objects.count() == 1 and Change.objects.filter(operation="opt_out").count() == 1


def test_a_lead_that_was_opted_out_before_we_came_is_blocked_in_getresponse_when_first_found(world: World) -> None:
    world.sandbox.create("Lead", LastName="Cohen", Company="Example", Email="dana@example.com", HasOptedOutOfEmail=True)
    switched_on("opt-outs")
    switched_on("leads")
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert "dana@example.com" in blocked(world)


def test_a_complaint_that_nobody_reports_is_found_and_told(world: World) -> None:
    switched_on("leads")
    switched_on("opt-outs")
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("getresponse", "leave", contactId=contact["contactId"], reason="complaint")
    look_again(world)
    [lead] = world.leads
    assert lead["HasOptedOutOfEmail"] is True


def test_a_score_goes_up_once_for_a_tagging_that_is_pushed_and_seen(world: World) -> None:
    switched_on("leads")
    switched_on("score")
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    look_again(world)
    world.sandbox.act("getresponse", "tag", contactId=contact["contactId"], tag="pricing_page_visited")
    tag = next(tag for tag in world.sandbox.records("getresponse", "tag") if tag["name"] == "pricing_page_visited")
    look_again(world)
    assert world.leads[0]["NumberOfEmployees"] == 10
    world.hear(contact, "tag_applied", tag={"tagId": tag["tagId"], "name": tag["name"]})
    world.work()
    look_again(world)
    assert world.leads[0]["NumberOfEmployees"] == 10


def test_a_tag_that_we_put_on_ourselves_starts_nothing(world: World) -> None:
    switched_on("leads")
    switched_on("score")
    world.rule("mark", "contact.subscribed", {"add_tags": {"connection": "getresponse-main", "tags": ["demo_watched"]}})
    world.rule("told", "contact.tagged", {"upsert": {"mapping": "leads-lead"}})
    world.work()
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    look_again(world)
    assert [tag["name"] for tag in tags_of(world, contact)] == ["demo_watched"]
    look_again(world)
    event = Event.objects.get(type="contact.tagged")
    assert "We wrote the tag demo_watched there ourselves." in event.reason
    world.sandbox.act("getresponse", "tag", contactId=contact["contactId"], tag="pricing_page_visited")
    look_again(world)
    assert world.leads[0]["NumberOfEmployees"] == 10


def tags_of(world: World, contact: dict[str, Any]) -> list[dict[str, Any]]:
    record = open_client(world.getresponse).read("contact", [contact["contactId"]])[contact["contactId"]]
    tags: list[dict[str, Any]] = record["tags"]
    return tags


def test_a_webinar_makes_a_registered_member_and_then_an_attended_one(world: World) -> None:
    switched_on("webinars")
    world.work()
    guest = {"email": "dana@example.com"}
    world.sandbox.subscribe(guest["email"], name="Dana Cohen")
    guest["webinarId"] = world.sandbox.act("getresponse", "add_webinar", name="Demo", minutes=0.03)["webinarId"]
    world.sandbox.act("getresponse", "attend", **guest)
    look_again(world)
    [member] = world.sandbox.records("salesforce", "CampaignMember")
    assert member["Status"] == "Registered"
    time.sleep(2)  # it begins
    world.sandbox.act("getresponse", "attend", **guest, participated=True)
    look_again(world)
    [member] = world.sandbox.records("salesforce", "CampaignMember")
    assert member["Status"] == "Attended"
    changes = Change.objects.count()
    for _round in range(3):
        look_again(world)
    assert Change.objects.count() == changes and len(world.leads) == 1


def test_opens_and_clicks_stand_on_the_lead_so_many_a_day(world: World) -> None:
    switched_on("leads")
    switched_on("activities", most=2)
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    for number in range(4):
        message = {"resourceId": f"n{number}", "name": f"Letter {number}", "subject": "Spring"}
        world.hear(contact, "open", message=message)
        world.work()
    tasks = world.sandbox.records("salesforce", "Task")
    assert [task["Subject"] for task in tasks] == ["E-mail opened: Letter 0", "E-mail opened: Letter 1"]
    assert {task["Status"] for task in tasks} == {"Completed"} and tasks[0]["WhoId"] == world.leads[0]["Id"]
    assert str(timezone.now().year) in tasks[0]["Description"]


def look_again(world: World) -> None:
    WatchState.objects.update(due_at=timezone.now())
    world.let_time_pass()
    world.work()


def blocked(world: World) -> set[str]:
    return {mask for list in world.sandbox.records("getresponse", "blocklist") for mask in list["masks"]}


# --- the pages -------------------------------------------------------------------------------------------------


def test_the_gallery_lists_each_job_and_says_what_to_connect_first(admin_client: Client, db: None) -> None:
    page = admin_client.get(reverse("admin:mappings_gallery")).content.decode()
    for template in TEMPLATES:
        assert escape(template.title) in page
    assert "Connect first: GetResponse, Salesforce" in page


def test_a_template_is_looked_at_first_and_added_switched_off(admin_client: Client, world: World) -> None:
    entries_of(world.getresponse, "lists")
    url = reverse("admin:mappings_template", args=["leads"])
    page = admin_client.get(url).content.decode()
    assert 'value="leads"' in page and "choices-getresponse-main-lists" in page
    form = {"source": "getresponse-main", "target": "salesforce-main", "lists": "Newsletter", "name": "leads"}
    looked = admin_client.post(url, {**form, "_look": "1"}).content.decode()
    assert "leads-new" in looked and not Rule.objects.exists()
    answer = admin_client.post(url, {**form, "_add": "1"})
    assert answer.status_code == 302 and "q=leads" in answer["Location"]
    assert Rule.objects.filter(enabled=False).count() == 2


def test_a_template_without_its_answers_is_not_added(admin_client: Client, world: World) -> None:
    url = reverse("admin:mappings_template", args=["rating"])
    form = {"source": "getresponse-main", "target": "", "tags": "", "name": "rating", "_add": "1"}
    page = admin_client.post(url, form)
    assert page.status_code == 200 and "cw-problem" in page.content.decode() and not Rule.objects.exists()


def test_who_may_not_make_rules_does_not_see_it(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("anna", password="a password", is_staff=True))
    assert client.get(reverse("admin:mappings_gallery")).status_code == 403
    assert client.get(reverse("admin:mappings_template", args=["leads"])).status_code == 403


def test_two_zaps_make_a_lead_in_a_campaign_and_stop_it(world: World) -> None:
    template = templates()["zapier"]
    add(draft(template, "zapier", answers_of(template, True)))
    Rule.objects.filter(name__startswith="zapier").update(enabled=True)
    for action in ("subscribe", "unsubscribe"):
        told = {"action": action, "id": "z1", "email": "jane@acmecorp.example.com", "name": "Dr. Jane Doe"}
        answer = Client().post("/webhooks/webhook/zapier-token/", data=told, content_type="application/json")
        assert answer.status_code == 200
        world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("Jane", "Doe", "acmecorp.example.com")
    assert (lead["GetResponse_Contact_ID__c"], lead["LeadSource"]) == ("z1", "Email Marketing")
    assert lead["HasOptedOutOfEmail"] is True
    assert [member["LeadId"] for member in world.sandbox.records("salesforce", "CampaignMember")] == [lead["Id"]]
