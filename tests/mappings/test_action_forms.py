"""Each action that is ready has inputs of its own in the rule editor, is stored as typed, and is read back in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.refreshing import refresh_account
from mappings.editing.choices import Choices
from mappings.editing.sentences import rule_sentence
from mappings.forms.actions import ActionRows, Known, action_inputs
from mappings.models import Rule
from mappings.spec import ACTIONS, parse_mapping, parse_rule
from tests.acting_vendor import COPY
from tests.mappings.test_admin import edit
from tests.world import World

pytestmark = pytest.mark.django_db
RIGHT = {"connection": "right"}
ACTIONS_AND_SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"delete": {"mapping": "copy"}}, "delete the contact at right"),
    ({"delete": RIGHT}, "delete their record at right"),
    (
        {"create_task": RIGHT | {"title": "Call {name}", "due": "+2d", "assignee": "u1", "most_per_day": 2}},
        "make a task “Call {name}” at right for u1 due +2d (at most 2 a day)",
    ),
    (
        {"create_task": RIGHT | {"title": "Call", "body": "One\ntwo", "priority": "High", "status": "Open"}},
        "make a task “Call” at right",
    ),
    ({"update_task": RIGHT | {"title": "{subject}", "due": "due_on"}}, "change the task made for it at right"),
    ({"complete_task": RIGHT}, "complete the task made for it at right"),
    ({"delete_task": RIGHT}, "delete the task made for it at right"),
    ({"update_note": RIGHT | {"body": "{html}"}}, "change the note made for it at right"),
    ({"delete_note": RIGHT}, "delete the note made for it at right"),
    ({"add_note": RIGHT | {"title": "From {name}", "body": "text"}}, "add a note “From {name}” at right"),
    ({"add_note": RIGHT | {"body": "First line\nsecond"}}, "add a note “First line” at right"),
    ({"add_note": RIGHT | {"body": "x" * 80}}, f"add a note “{'x' * 60}…” at right"),
    ({"add_tags": RIGHT | {"tags": ["vip", "new {city}"]}}, "tag it with vip and new {city} at right"),
    ({"add_tags": RIGHT | {"from": "tags"}}, "tag it with those in tags at right"),
    ({"remove_tags": RIGHT | {"tags": ["vip"]}}, "take the tags vip from it at right"),
    (
        {"increment": RIGHT | {"object": "contact", "field": "score", "by": 5}},
        "add 5 to score of the contact at right",
    ),
    (
        {"increment": RIGHT | {"object": "contact", "field": "score", "by": -0.5}},
        "take 0.5 from score of the contact at right",
    ),
    (
        {"call": RIGHT | {"operation": "start_course", "params": {"course": "c1"}, "body": {"who": ["{email}"]}}},
        "call start_course at right",
    ),
    (
        {"notify": {"to": ["noa@example.com", "sales-team"], "subject": "{name} is hot", "body": "One\ntwo"}},
        "tell noa@example.com and sales-team “{name} is hot”",
    ),
    (
        {"notify": {"to": ["{owner}"], "subject": "Hot", "quiet": "1h", "digest": "hourly"}},
        "tell {owner} “Hot” (at most once in 1h for a person) every full hour",
    ),
]
KNOWN = Known(["left", "right"], ["copy"], Choices())
IDS = [next(iter(action)) for action, _sentence in ACTIONS_AND_SENTENCES]


@pytest.mark.parametrize(("action", "sentence"), ACTIONS_AND_SENTENCES, ids=IDS)
def test_an_action_is_shown_in_inputs_and_stored_as_it_was(action: dict[str, Any], sentence: str) -> None:
    shown = {f"actions-0-{name}": value for name, value in action_inputs(action).items()}
    counts = {"actions-TOTAL_FORMS": 1, "actions-INITIAL_FORMS": 0, "actions-0-ORDER": 1}
    rows = ActionRows({**counts, **shown}, prefix="actions", form_kwargs={"known": KNOWN})
    assert rows.is_valid(), rows.errors
    assert rows.forms[0].action() == action


@pytest.mark.parametrize(("action", "sentence"), ACTIONS_AND_SENTENCES, ids=IDS)
def test_an_action_is_read_back_as_a_sentence(action: dict[str, Any], sentence: str) -> None:
    rule = parse_rule("r", {"when": {"connection": "left", "event": "contact.created"}, "do": [action]})
    said = rule_sentence(rule, {"copy": parse_mapping("copy", COPY)}, Choices())
    assert said == f"When a contact is made in left, {sentence}."


def test_every_action_that_is_ready_is_tried_here_or_elsewhere() -> None:
    elsewhere = {"upsert", "update", "set", "opt_out", "add_to_campaign", "remove_from_campaign"}
    assert {form.name for form in ACTIONS.values() if form.ready} == elsewhere | set(IDS)


def test_a_task_is_typed_into_the_rule_editor(admin_client: Client, world: World) -> None:
    refresh_account(world.salesforce)
    row: Rule = world.rule("r", "contact.subscribed", {"create_task": {"connection": "salesforce-main", "title": "x"}})
    typed = {"actions-0-create_task-title": "Call {name}", "actions-0-create_task-most_per_day": "3"}
    assert edit(admin_client, row, typed).status_code == 302
    row.refresh_from_db()
    task = {"connection": "salesforce-main", "title": "Call {name}", "most_per_day": 3}
    assert row.actions == [{"create_task": task}]


def test_a_number_that_makes_no_sense_is_refused_beside_its_input(admin_client: Client, world: World) -> None:
    row: Rule = world.rule("r", "contact.subscribed", {"create_task": {"connection": "salesforce-main", "title": "x"}})
    page = edit(admin_client, row, {"actions-0-create_task-most_per_day": "0"})
    assert "most_per_day is a whole number from 1 on." in page.content.decode()


def test_a_notification_is_typed_into_the_rule_editor(admin_client: Client, world: World) -> None:
    row: Rule = world.rule("r", "contact.subscribed", {"notify": {"to": ["a@example.com"], "subject": "x"}})
    typed = {"actions-0-notify-to": "a@example.com, b@example.com", "actions-0-notify-digest": "daily"}
    assert edit(admin_client, row, typed).status_code == 302
    row.refresh_from_db()
    keys = {"to": ["a@example.com", "b@example.com"], "subject": "x", "digest": "daily"}
    assert row.actions == [{"notify": keys}]
    page = edit(admin_client, row, {"actions-0-notify-to": "sales-team"}).content.decode()
    assert "&#x27;sales-team&#x27; is not a channel." in page
