"""Whether a vendor can do what an action wants is said when the rule is published, beside the key it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from integrations.vendors.base import Field, Vendor
from integrations.vendors.errors import Unsupported
from mappings.spec import MappingSpec, SpecError, parse_mapping, parse_rule
from mappings.spec.rule_checks import check_rule
from tests.acting_vendor import COPY, Desk, acting_vendor
from tests.memory_vendor import System, memory_vendor

LEFT = {"connection": "left", "event": "contact.created"}


class Shop:
    """One connection that can do everything, one that can only be told of contacts, one that only has bare tasks."""

    def connections(self) -> Mapping[str, Vendor]:
        able = acting_vendor({"left": Desk("left"), "right": Desk("right")})
        form = able.capabilities.task
        assert form is not None
        bare = replace(able.capabilities, task=replace(form, assignee="", due="", priority=""), notes=())
        plain = memory_vendor({"plain": System("plain")})
        return {"left": able, "right": able, "bare": replace(able, capabilities=bare), "plain": plain}

    def mappings(self) -> Mapping[str, MappingSpec]:
        plain = {**COPY, "target": {"connection": "plain", "object": "contact"}}
        return {"copy": parse_mapping("copy", COPY), "plain": parse_mapping("plain", plain)}

    def channels(self) -> set[str]:
        return {"sales-team"}

    def fields(self, connection: str, object: str) -> Mapping[str, Field]:
        if connection == "left":
            raise Unsupported("Not asked.")
        names = [Field("name"), Field("made_at", createable=False, updateable=False), Field("score", type="number")]
        return {field.name: field for field in names}


def said(action: dict[str, Any]) -> tuple[list[str], list[str]]:
    """(problems, warnings) of a rule with this action, each with where it belongs."""
    findings = check_rule(parse_rule("r", {"when": LEFT, "do": [action]}), Shop())
    return [str(each) for each in findings.problems], [str(each) for each in findings.warnings]


RIGHT = {"connection": "right"}
FINE: list[dict[str, Any]] = [
    {"create_task": RIGHT | {"title": "x", "assignee": "u1", "due": "+2d", "priority": "p", "most_per_day": 3}},
    {"add_note": RIGHT | {"body": "x"}},
    {"update_task": RIGHT | {"title": "x"}},
    {"complete_task": RIGHT},
    {"delete_task": RIGHT},
    {"update_note": RIGHT | {"body": "x"}},
    {"delete_note": RIGHT},
    {"add_tags": RIGHT | {"tags": ["x"]}},
    {"remove_tags": RIGHT | {"from": "tags"}},
    {"increment": RIGHT | {"object": "contact", "field": "score", "by": -0.5}},
    {"delete": RIGHT},
    {"delete": {"mapping": "copy"}},
    {"call": RIGHT | {"operation": "start_course", "params": {"course": "{name}"}}},
    {"call": RIGHT | {"operation": "note_visit", "body": {"who": ["{email}"]}}},
    {
        "notify": {
            "to": ["noa@example.com, sales-team", "{owner}"],
            "subject": "{name}",
            "quiet": "30d",
            "digest": "daily",
        }
    },
]


@pytest.mark.parametrize("action", FINE, ids=lambda action: next(iter(action)))
def test_what_the_vendor_can_do_is_accepted(action: dict[str, Any]) -> None:
    problems, warnings = said(action)
    assert (problems, [each for each in warnings if "known field" not in each]) == ([], [])


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        (
            {"create_task": {"connection": "plain", "title": "x"}},
            "create_task.connection: Crosswalk has no create_task at Memory.",
        ),
        (
            {"create_task": RIGHT | {"title": "x", "most_per_day": 0}},
            "create_task.most_per_day: most_per_day is a whole number from 1 on.",
        ),
        (
            {"create_task": RIGHT | {"title": "x", "most_per_day": 1.5}},
            "create_task.most_per_day: most_per_day is a whole number from 1 on.",
        ),
        (
            {"add_note": {"connection": "bare", "body": "x"}},
            "add_note.connection: Crosswalk has no add_note at Memory.",
        ),
        ({"update_task": RIGHT}, "update_task.title: Update task names nothing that is to change."),
        (
            {"delete_note": {"connection": "plain"}},
            "delete_note.connection: Crosswalk has no delete_note at Memory.",
        ),
        ({"add_note": RIGHT}, "add_note.body: Add note needs a title or a body."),
        (
            {"add_tags": {"connection": "plain", "tags": ["x"]}},
            "add_tags.connection: Crosswalk has no add_tags at Memory.",
        ),
        (
            {"increment": RIGHT | {"object": "task", "field": "score"}},
            "increment.object: 'task' is not an object of Memory that can be counted in.",
        ),
        (
            {"increment": RIGHT | {"object": "contact", "field": "scor"}},
            "increment.field: 'scor' is not a field of contact. Did you mean score?",
        ),
        (
            {"increment": RIGHT | {"object": "contact", "field": "made_at"}},
            "increment.field: 'made_at' of contact cannot be written.",
        ),
        (
            {"increment": RIGHT | {"object": "contact", "field": "score", "by": 0}},
            "increment.by: by must not be 0.",
        ),
        ({"delete": {"connection": "plain"}}, "delete.connection: Crosswalk deletes nobody at Memory."),
        ({"delete": {"mapping": "plain"}}, "delete.mapping: Crosswalk does not delete contact at plain."),
        (
            {"call": RIGHT | {"operation": "start_corse"}},
            "call.operation: 'start_corse' is not an operation of Memory. Did you mean start_course?",
        ),
        ({"call": RIGHT | {"operation": "lead_added"}}, "call.operation: 'lead_added' is not an operation of Memory."),
        ({"call": RIGHT | {"operation": "start_course"}}, "call.params: start_course needs course in params."),
        (
            {"notify": {"to": ["sales-teem"], "subject": "x"}},
            "notify.to: 'sales-teem' is not a channel. Did you mean sales-team? Channels are made under Set up.",
        ),
        ({"notify": {"to": ["noa@"], "subject": "x"}}, "notify.to: 'noa@' is not an e-mail address."),
        (
            {"notify": {"to": ["noa@example.com, {email}"], "subject": "x"}},
            "notify.to: {email} is the person's own address: notifications are for your own team.",
        ),
    ],
)
def test_what_it_cannot_do_is_refused_with_the_reason(action: dict[str, Any], problem: str) -> None:
    assert said(action)[0] == [f"do[0].{problem}"]


@pytest.mark.parametrize(
    ("action", "warning"),
    [
        (
            {"create_task": {"connection": "bare", "title": "x", "assignee": "u1"}},
            "create_task.assignee: A task of Memory has no assignee: it is left out.",
        ),
        (
            {"create_task": {"connection": "bare", "title": "x", "due": "+2d"}},
            "create_task.due: A task of Memory has no due: it is left out.",
        ),
        (
            {"increment": RIGHT | {"object": "contact", "field": "name"}},
            "increment.field: 'name' of contact is no number field: what holds no number is refused.",
        ),
    ],
)
def test_what_may_be_a_mistake_is_said(action: dict[str, Any], warning: str) -> None:
    problems, warnings = said(action)
    assert problems == []
    assert f"do[0].{warning}" in warnings


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"delete": {}}, "delete needs either mapping or connection."),
        ({"delete": {"mapping": "copy", "connection": "right"}}, "delete needs either mapping or connection."),
        ({"add_tags": RIGHT}, "add_tags needs either tags or from."),
        ({"create_task": RIGHT}, "title is missing."),
        ({"create_task": RIGHT | {"title": "x", "due": "+2 days"}}, "'+2 days' is not a time from now."),
        ({"call": RIGHT}, "operation is missing."),
        ({"notify": {"subject": "x"}}, "to is missing."),
        ({"notify": {"to": ["a@example.com"]}}, "subject is missing."),
        ({"notify": {"to": ["a@example.com"], "subject": "x", "quiet": "1 hour"}}, "'1 hour' is not a length of time."),
        ({"notify": {"to": ["a@example.com"], "subject": "x", "quiet": "31d"}}, "'31d' is too long: 30d is the most."),
        (
            {"notify": {"to": ["a@example.com"], "subject": "x", "digest": "weekly"}},
            "'weekly' is not one of hourly, daily.",
        ),
        ({"call": RIGHT | {"operation": "x", "body": {"a": ["{name"]}}}, "A single { at character 1"),
    ],
)
def test_an_action_that_is_not_complete_is_refused(action: dict[str, Any], problem: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_rule("r", {"when": LEFT, "do": [action]})
    assert any(problem in str(each) for each in refused.value.problems)


def test_a_call_reads_every_field_that_its_texts_name() -> None:
    keys = {"operation": "x", "params": {"a": "{one}"}, "body": {"b": [{"c": "{two|trim}"}], "d": 5}}
    assert parse_rule("r", {"when": LEFT, "do": [{"call": RIGHT | keys}]}).paths() == {"one", "two"}
