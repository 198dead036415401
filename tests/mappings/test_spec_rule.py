"""Reading rules, and the table of actions."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.spec import ACTIONS, EVENTS, SpecError, parse_rule
from mappings.spec.page import actions_markdown, events_markdown

WHEN = {"connection": "getresponse-main", "event": "contact.subscribed"}
UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}
DESIGN_ACTIONS = (  # design §5.5, in its order
    "upsert update delete opt_out add_tags remove_tags add_to_campaign remove_from_campaign create_task update_task "
    "complete_task delete_task add_note update_note delete_note increment set call notify"
)


def _rule(**changes: Any) -> dict[str, Any]:
    return {"when": WHEN, "do": [UPSERT], **changes}


def _problems(data: object) -> dict[str, str]:
    with pytest.raises(SpecError) as refused:
        parse_rule("new-subscriber", data)
    return {str(problem).partition(": ")[0]: problem.message for problem in refused.value.problems}


def test_a_rule_is_understood() -> None:
    member = {"connection": "salesforce-main", "campaign": 701, "status": "{tags.0.name|title}"}
    rule = parse_rule(
        "new-subscriber",
        _rule(
            **{"if": {"field": "campaign.campaignId", "op": "equals", "value": "abc123def"}, "approve": {"over": 100}},
            do=[UPSERT, {"add_to_campaign": member}],
        ),
    )
    assert (rule.connection, rule.event, rule.approve, rule.opt_in, rule.enabled) == (*WHEN.values(), 100, "ask", True)
    assert (rule.actions[0].name, rule.actions[0].mapping, rule.actions[0].connection) == (
        "upsert",
        "subscriber-to-lead",
        "",
    )
    assert (rule.actions[1].connection, rule.actions[1].params["campaign"]) == ("salesforce-main", "701")
    assert rule.paths() == {"campaign.campaignId", "tags.0.name"}


def test_an_opt_out_is_for_email_unless_it_says_more() -> None:
    rule = parse_rule("stop", _rule(do=[{"opt_out": {"connections": "salesforce-main"}}]))
    assert rule.actions[0].params == {"connections": ["salesforce-main"], "channels": ["email"]}
    assert rule.actions[0].connections() == ("salesforce-main",)


@pytest.mark.parametrize(
    ("due", "paths"), [("+2d", set()), ("2026-12-31", set()), ("expires", {"expires"}), ("{a|date}", {"a"})]
)
def test_a_tasks_due_is_a_time_from_now_a_day_or_a_field(due: str, paths: set[str]) -> None:
    task = {"connection": "salesforce-main", "title": "Call {name}", "due": due}
    assert parse_rule("r", _rule(do=[{"create_task": task}])).paths() == {"name", *paths}


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"when": {"connection": "a", "event": "contact.subscribd"}}, "when.event", "Did you mean contact.subscribed"),
        ({"when": {"event": "contact.subscribed"}}, "when.connection", "missing"),
        ({"when": None}, "when", "missing"),
        ({"do": []}, "do", "missing or empty"),
        ({"do": ["upsert"]}, "do[0]", "not text"),
        ({"do": [{**UPSERT, "notify": {}}]}, "do[0]", "nothing beside it"),
        ({"do": [{"upsrt": {}}]}, "do[0].upsrt", "Did you mean upsert?"),
        ({"do": [{"upsert": {"maping": "m"}}]}, "do[0].upsert.maping", "Did you mean mapping?"),
        ({"do": [{"upsert": {}}]}, "do[0].upsert.mapping", "missing"),
        ({"do": [{"upsert": "m"}]}, "do[0].upsert", "a table, not text"),
        ({"do": [{"opt_out": {"connections": ["a"], "channels": ["emial"]}}]}, "do[0].opt_out.channels", "email?"),
        ({"do": [{"add_tags": {"connection": "a"}}]}, "do[0].add_tags", "either tags or from"),
        ({"do": [{"add_tags": {"connection": "a", "tags": ["x"], "from": "y"}}]}, "do[0].add_tags", "either"),
        ({"do": [{"set": {"connection": "a", "object": "Lead", "fields": {}}}]}, "do[0].set.fields", "empty"),
        ({"do": [{"set": {"connection": "a", "object": "L", "fields": {"X": []}}}]}, "do[0].set.fields.X", "A value"),
        ({"do": [{"create_task": {"connection": "a", "title": "{x|upr}"}}]}, "do[0].create_task.title", "upper"),
        ({"do": [{"create_task": {"connection": "a", "title": "x", "due": "+2w"}}]}, "do[0].create_task.due", "+2d"),
        (
            {"do": [{"increment": {"connection": "a", "object": "L", "field": "X", "by": "y"}}]},
            "do[0].increment.by",
            "num",
        ),
        ({"if": {"field": "x", "op": "equal"}}, "if", "Did you mean equals"),
        ({"approve": "sometimes"}, "approve", "not one of never, always"),
        ({"approve": {"over": -1}}, "approve", "{over: 100}"),
        ({"approve": {"above": 1}}, "approve.above", "Did you mean over?"),
        ({"opt_in": "yes"}, "opt_in", "not one of ask, lift"),
        ({"enabled": "no"}, "enabled", "true or false, not text"),
        ({"then": []}, "then", "is not a key of a rule"),
    ],
)
def test_a_wrong_rule_is_refused_where_it_is_wrong(changes: dict[str, Any], place: str, said: str) -> None:
    assert said in _problems(_rule(**changes))[place]


def test_the_table_has_every_action_of_the_design_and_each_key_is_explained() -> None:
    assert " ".join(ACTIONS) == DESIGN_ACTIONS
    assert all(
        form.help.endswith(".") and all(key.help.endswith(".") for key in form.keys) for form in ACTIONS.values()
    )


def test_events_are_named_by_their_object() -> None:
    assert len(EVENTS) == len(set(EVENTS)) == 28
    assert {"contact.email_changed", "opt_out.changed", "appointment.cancelled"} <= set(EVENTS)


def test_the_documentation_names_every_action_and_event() -> None:
    assert all(f"**`{name}`**" in actions_markdown() for name in ACTIONS)
    assert all(f"`{event}`" in events_markdown() for event in EVENTS)
