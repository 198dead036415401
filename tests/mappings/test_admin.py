"""Mappings, rules and runs in the admin: what is typed is stored, and what is wrong is said beside its input."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from integrations.refreshing import refresh_account
from mappings.models import Mapping, Rule, Run
from tests.world import OPT_OUT, SUBSCRIBER_TO_LEAD, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(admin_client: Client) -> Client:
    return admin_client


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    for permission in permissions:
        user.user_permissions.add(Permission.objects.get(content_type__app_label="mappings", codename=permission))
    client = Client()
    client.force_login(user)
    return client


def typed_into(page: Any) -> dict[str, Any]:
    """What a browser would send of the form on this page, if nobody touched it."""
    html = re.sub(r"<template>.*?</template>", "", page.content.decode(), flags=re.S)
    html = re.sub(r"<fieldset[^>]*disabled[^>]*>.*?</fieldset>", "", html, flags=re.S)
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type")
        if kind in ("checkbox", "radio") and " checked" not in tag:
            continue
        if name and name != "csrfmiddlewaretoken":
            sent.setdefault(name, []).append(_attribute(tag, "value") or ("on" if kind == "checkbox" else ""))
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, flags=re.S):
        sent[name] = _plain(inner).removeprefix("\n").removeprefix("\r\n")
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, flags=re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        sent[name] = _plain(chosen[1]) if chosen else ""
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in sent.items()}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    for code, char in (("&quot;", '"'), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(code, char)
    return text


def edit(client: Client, row: Any, changes: dict[str, Any], button: str = "_save") -> Any:
    """Open the page of a mapping or rule, type, and press a button."""
    url = f"/admin/mappings/{row._meta.model_name}/{row.pk}/change/"
    return client.post(url, typed_into(client.get(url)) | changes | {button: "1"})


# --- mappings ---------------------------------------------------------------------------------------------------


def test_saving_a_mapping_untouched_changes_nothing(admin: Client, world: World) -> None:
    mapping = world.mapping()
    assert edit(admin, mapping, {}).status_code == 302
    assert mapping.versions.count() == 1


def test_an_edit_makes_a_draft_and_leaves_the_rest_as_it_was(admin: Client, world: World) -> None:
    mapping = world.mapping()
    assert edit(admin, mapping, {"fields-4-via": "truncate: 64", "mapping-summary": "shorter"}).status_code == 302
    draft = mapping.draft
    assert draft is not None and (draft.number, draft.summary) == (2, "shorter")
    expected = [*SUBSCRIBER_TO_LEAD["fields"]]
    expected[4] = {**expected[4], "via": [{"truncate": 64}]}
    assert _same(draft.spec["fields"], expected)
    assert mapping.published is not None and mapping.published.number == 1


def _same(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    defaults = {"blank": "ignore"}
    return [defaults | row for row in rows] == [defaults | row for row in expected]


def test_rows_are_added_moved_and_removed(admin: Client, world: World) -> None:
    mapping = world.mapping()
    last = len(SUBSCRIBER_TO_LEAD["fields"])
    changes = {f"fields-{last}-to": "Description", f"fields-{last}-sources": "note", f"fields-{last}-ORDER": "0"}
    edit(admin, mapping, changes | {"fields-1-ORDER": "99", "fields-5-DELETE": "on"})
    assert mapping.draft is not None
    names = [row["to"] for row in mapping.draft.spec["fields"]]
    assert (names[0], names[-1]) == ("Description", "LastName")
    assert "LeadSource" not in names


def test_a_field_that_does_not_exist_is_refused_beside_its_row_and_nothing_is_lost(admin: Client, world: World) -> None:
    mapping = world.mapping()
    answer = edit(admin, mapping, {"fields-2-to": "Emial", "fields-0-fallback": "typed before"})
    page = answer.content.decode()
    assert answer.status_code == 200
    row = page[page.index('name="fields-2-to"') :]
    assert "Did you mean Email?" in row[: row.index("cw-row-main")]
    assert 'value="typed before"' in page
    assert mapping.draft is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fields-0-via", "frist_name", "Did you mean first_name or"),
        ("fields-0-value", "both", "value is a constant"),
        ("fields-0-if_json", '{"some": []}', "A condition has no"),
        ("mapping-key_field", "GetResponse_Contact__c", "GetResponse_Contact_ID__c"),
    ],
)
def test_what_is_wrong_is_said(admin: Client, world: World, name: str, value: str, said: str) -> None:
    mapping = world.mapping()
    answer = edit(admin, mapping, {name: value})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert mapping.draft is None


def test_publishing_shows_the_difference_first_and_then_retires_the_old_version(admin: Client, world: World) -> None:
    mapping = world.mapping()
    edit(admin, mapping, {"fields-4-via": "truncate: 64"})
    page = admin.get(f"/admin/mappings/mapping/{mapping.pk}/publish/").content.decode()
    assert "truncate" in page and "Publish version 2" in page
    admin.post(f"/admin/mappings/mapping/{mapping.pk}/press/publish/")
    assert mapping.published is not None and mapping.published.number == 2
    assert mapping.draft is None


def test_publishing_needs_its_own_permission_and_a_post(world: World) -> None:
    mapping = world.mapping()
    client = staff("view_mapping", "change_mapping")
    edit(client, mapping, {"fields-4-via": "truncate: 64"})
    url = f"/admin/mappings/mapping/{mapping.pk}/press/publish/"
    assert client.post(url).status_code == 403
    assert "Publish version" not in client.get(f"/admin/mappings/mapping/{mapping.pk}/publish/").content.decode()
    assert client.get(url).status_code == 405
    assert mapping.draft is not None


def test_a_draft_is_made_from_an_older_version(admin: Client, world: World) -> None:
    mapping = world.mapping()
    edit(admin, mapping, {"fields-4-via": "truncate: 64"})
    admin.post(f"/admin/mappings/mapping/{mapping.pk}/press/publish/")
    admin.post(f"/admin/mappings/mapping/{mapping.pk}/press/restore/", {"number": "1"})
    assert mapping.draft is not None
    assert mapping.draft.spec["fields"][4]["via"] == [{"truncate": 128}]


def test_a_new_mapping_begins_with_what_the_target_needs(admin: Client, world: World) -> None:
    refresh_account(world.salesforce)
    sides = {"source_connection": "getresponse-main", "source_object": "contact"}
    sides |= {"target_connection": "salesforce-main", "target_object": "Lead", "name": "second"}
    page = admin.get("/admin/mappings/mapping/add/", sides)
    sent = typed_into(page)
    assert sent["mapping-name"] == "second"
    names = {sent[key]: key.split("-")[1] for key in sent if re.fullmatch(r"fields-\d+-to", key) and sent[key]}
    assert {"LastName", "Company"} <= set(names)
    filled = {f"fields-{row}-sources": "name" for row in names.values()}
    assert admin.post("/admin/mappings/mapping/add/", sent | filled).status_code == 302
    assert Mapping.objects.get(name="second").draft is not None


def test_a_preview_reads_a_real_record_and_writes_nothing(admin: Client, world: World) -> None:
    mapping = world.mapping()
    world.sandbox.subscribe("dana@acme.example.com", name="דנה כהן")
    url = f"/admin/mappings/mapping/{mapping.pk}/preview/"
    assert "real record" in admin.get(url).content.decode()
    page = admin.post(url, {"who": "dana@acme.example.com"}).content.decode()
    assert "דנה" in page and "A new record would be made" in page
    assert "nobody@example.com" in admin.post(url, {"who": "nobody@example.com"}).content.decode()
    assert not world.leads


def test_a_mapping_in_use_is_not_deleted(admin: Client, world: World) -> None:
    world.main_job()
    mapping = Mapping.objects.get()
    assert admin.post(f"/admin/mappings/mapping/{mapping.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Mapping.objects.exists()


def test_who_may_only_look_cannot_save(world: World) -> None:
    mapping = world.mapping()
    client = staff("view_mapping")
    page = client.get(f"/admin/mappings/mapping/{mapping.pk}/change/")
    assert page.status_code == 200
    assert "Save draft" not in page.content.decode()
    assert client.post(f"/admin/mappings/mapping/{mapping.pk}/change/", typed_into(page)).status_code == 403


# --- rules ------------------------------------------------------------------------------------------------------

DEEP = {"any": [{"all": [{"not": [{"field": "email", "op": "is_empty"}]}]}]}
SHALLOW = {
    "all": [
        {"field": "campaign.campaignId", "op": "equals", "value": "abc123def"},
        {"any": [{"field": "tags", "op": "contains_any", "value": ["a b", "c"]}, {"field": "name", "op": "is_empty"}]},
    ]
}


@pytest.mark.parametrize("condition", [{}, SHALLOW, DEEP, {"not": [{"field": "name", "op": "equals", "value": "5"}]}])
def test_saving_a_rule_untouched_changes_nothing(admin: Client, world: World, condition: Any) -> None:
    world.mapping()
    joining = {"add_to_campaign": {"connection": "salesforce-main", "campaign": "701x", "status": "Registered"}}
    upsert = {"upsert": {"mapping": "subscriber-to-lead"}}
    rule = world.rule("r", "contact.subscribed", upsert, joining, condition=condition, approve={"over": 100})
    before = rule.as_spec()
    assert edit(admin, rule, {}).status_code == 302
    rule.refresh_from_db()
    assert rule.as_spec() == before


def test_a_rule_is_read_back_as_one_sentence(admin: Client, world: World) -> None:
    world.mapping()
    joining = {"add_to_campaign": {"connection": "salesforce-main", "campaign": "701x", "status": "Registered"}}
    only = {"all": [SHALLOW["all"][0]]}
    rule = world.rule("r", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, joining, condition=only)
    sentence = (
        "When somebody subscribes in getresponse-main and campaign.campaignId equals abc123def, make or update a "
        "Lead at salesforce-main with subscriber-to-lead, then add it to campaign 701x as Registered."
    )
    assert sentence in admin.get(f"/admin/mappings/rule/{rule.pk}/change/").content.decode()
    assert sentence in admin.get("/admin/mappings/rule/").content.decode()


def test_a_new_rule_is_typed_in(admin: Client, world: World) -> None:
    world.mapping()
    sent = typed_into(admin.get("/admin/mappings/rule/add/")) | {
        "rule-name": "fresh",
        "rule-connection": "getresponse-main",
        "rule-event": "contact.unsubscribed",
        "conditions-0-field": "tags",
        "conditions-0-op": "contains_any",
        "conditions-0-value": "vip, gold",
        "actions-0-name": "opt_out",
        "actions-0-opt_out-connections": ["salesforce-main"],
        "actions-0-opt_out-channels": ["email"],
    }
    answer = admin.post("/admin/mappings/rule/add/", sent)
    assert answer.status_code == 302, re.findall(r"cw-problem[^>]*>([^<]*)", answer.content.decode())
    rule = Rule.objects.get(name="fresh")
    assert rule.condition == {"all": [{"field": "tags", "op": "contains_any", "value": ["vip", "gold"]}]}
    assert (rule.actions, rule.enabled) == ([OPT_OUT], True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actions-0-upsert-mapping": ""}, "mapping is missing"),
        ({"rule-event": "contact.deleted", "rule-approve": "over"}, "Above how many changes?"),
        ({"conditions-0-field": "name", "conditions-0-op": ""}, "Choose how the field is compared"),
        ({"conditions-0-field": "name", "conditions-0-op": "greater", "conditions-0-value": "x"}, "needs a number"),
        ({"condition-as_json": "on", "condition-json": '{"some": []}'}, "A condition has no"),
        ({"rule-name": "taken"}, "There is a rule of this name already"),
        ({"actions-0-DELETE": "on"}, "do is missing"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(admin: Client, world: World, changes: dict[str, str], said: str) -> None:
    world.mapping()
    world.rule("taken", "contact.created", OPT_OUT)
    rule = world.rule("r", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    before = rule.as_spec()
    answer = edit(admin, rule, changes)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    rule.refresh_from_db()
    assert rule.as_spec() == before


def test_the_chosen_actions_inputs_are_shown_without_scripts(admin: Client, world: World) -> None:
    sent = typed_into(admin.get("/admin/mappings/rule/add/")) | {"actions-0-name": "create_task", "_inputs": "1"}
    page = admin.post("/admin/mappings/rule/add/", sent).content.decode()
    assert re.search(r'<fieldset data-part="create_task">', page)
    assert not Rule.objects.exists()


def test_a_rule_is_turned_off_and_on_and_its_history_says_who(admin: Client, world: World) -> None:
    rule = world.rule("stop", "contact.unsubscribed", OPT_OUT)
    admin.post(f"/admin/mappings/rule/{rule.pk}/press/off/")
    rule.refresh_from_db()
    assert rule.enabled is False
    assert rule.history.first().history_user.get_username() == "admin"
    assert admin.get(f"/admin/mappings/rule/{rule.pk}/history/").status_code == 200
    before = f"/admin/mappings/rule/{rule.pk}/history/{rule.history.last().pk}/"
    assert (admin.get(before).status_code, admin.post(before).status_code) == (200, 403)
    admin.post(f"/admin/mappings/rule/{rule.pk}/press/on/")
    rule.refresh_from_db()
    assert rule.enabled is True


def test_a_resync_of_a_rule_starts_a_run_and_shows_it(admin: Client, world: World) -> None:
    world.main_job()
    rule = Rule.objects.get(name="new-subscriber")
    answer = admin.post(f"/admin/mappings/rule/{rule.pk}/press/resync/")
    run = Run.objects.get()
    assert (run.scope, run.actor) == ({"rule": "new-subscriber"}, "admin")
    assert answer["Location"] == f"/admin/mappings/run/{run.pk}/change/"
    assert staff("view_rule", "change_rule").post(f"/admin/mappings/rule/{rule.pk}/press/resync/").status_code == 403


# --- runs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "value"), [("email", "dana@example.com"), ("rule", "new-subscriber"), ("connection", "getresponse-main")]
)
def test_a_resync_is_started_by_person_rule_or_connection(admin: Client, world: World, by: str, value: str) -> None:
    world.main_job()
    assert admin.post("/admin/mappings/run/add/", {"by": by, by: value}).status_code == 302
    run = Run.objects.get()
    assert run.scope == {by: value}
    assert value in admin.get("/admin/mappings/run/").content.decode()
    assert value in admin.get(f"/admin/mappings/run/{run.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "sent", [{"by": "email"}, {"by": "email", "email": "no address"}, {"by": "rule", "rule": "gone"}]
)
def test_a_resync_of_nothing_is_refused(admin: Client, world: World, sent: dict[str, str]) -> None:
    world.main_job()
    answer = admin.post("/admin/mappings/run/add/", sent)
    assert answer.status_code == 200
    assert "cw-problem" in answer.content.decode()
    assert not Run.objects.exists()


def test_a_run_needs_its_permission(world: World) -> None:
    assert staff("view_run").get("/admin/mappings/run/add/").status_code == 403


@pytest.mark.parametrize("name", ["mapping", "rule", "run"])
def test_lists_and_new_pages_open_on_an_empty_installation(admin: Client, name: str) -> None:
    assert admin.get(f"/admin/mappings/{name}/").status_code == 200
    assert admin.get(f"/admin/mappings/{name}/add/").status_code == 200


def test_the_list_of_rules_costs_the_same_however_long(
    admin: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    world.mapping()
    for number in range(12):
        world.rule(f"r{number}", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    with django_assert_max_num_queries(14):
        assert admin.get("/admin/mappings/rule/").status_code == 200
    with django_assert_max_num_queries(14):
        assert admin.get("/admin/mappings/mapping/").status_code == 200
