"""Drafts and versions, and the checks before a mapping is published."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations import schemas
from integrations.models import Connection, Knowledge, KnowledgeKind
from integrations.vendors.base import Field
from integrations.vendors.errors import Unavailable
from mappings import publishing
from mappings.models import Mapping, MappingVersion, VersionState
from mappings.publishing import (
    findings_of_mapping,
    problems_of_mapping,
    problems_of_rule,
    publish,
    put_in_force,
    save_draft,
)
from mappings.spec import MappingSpec, SpecError, parse_mapping, parse_rule

from .conftest import FIELDS

pytestmark = pytest.mark.django_db
ROWS = [{"from": "name", "to": "LastName"}, {"from": "email", "to": "Email"}, {"value": "x", "to": "Company"}]


@pytest.fixture
def mapping() -> Mapping:
    for name, vendor, objects in (("gr", "getresponse", ["contact"]), ("sf", "salesforce", ["Lead", "Contact"])):
        connection = Connection.objects.create(name=name, vendor=vendor)
        for object in objects:
            fields = [{**field.__dict__, "choices": []} for field in FIELDS[object]]
            Knowledge.objects.create(
                connection=connection,
                kind=KnowledgeKind.FIELDS,
                name=object,
                content=fields,
                fetched_at=timezone.now(),
            )
    return Mapping.objects.create(name="m")


def _spec(*rows: dict[str, Any]) -> MappingSpec:
    data = {"source": {"connection": "gr", "object": "contact"}, "target": {"connection": "sf", "object": "Lead"}}
    return parse_mapping("m", {**data, "fields": list(rows) or ROWS})


def test_versions_are_numbered_and_the_former_is_retired(mapping: Mapping) -> None:
    for last in ("name", "note", "email"):
        save_draft(mapping, _spec({"from": last, "to": "LastName"}), None, f"from {last}")
        publish(mapping, None)
    states = MappingVersion.objects.order_by("number").values_list("number", "state", "summary")
    assert list(states) == [
        (1, VersionState.RETIRED, "from name"),
        (2, VersionState.RETIRED, "from note"),
        (3, VersionState.PUBLISHED, "from email"),
    ]


def test_a_draft_is_overwritten_by_the_next(mapping: Mapping) -> None:
    first = save_draft(mapping, _spec(), None)
    second = save_draft(mapping, _spec({"from": "note", "to": "LastName"}), None)
    assert (first.pk, second.number) == (second.pk, 1)
    assert MappingVersion.objects.get().spec["fields"] == [{"from": "note", "to": "LastName"}]


def test_what_is_published_already_makes_no_draft_and_no_version(mapping: Mapping) -> None:
    save_draft(mapping, _spec(), None)
    published = publish(mapping, None)
    save_draft(mapping, _spec({"from": "note", "to": "LastName"}), None)
    assert save_draft(mapping, _spec(), None) == published
    assert mapping.draft is None
    assert publish(mapping, None) == published
    assert MappingVersion.objects.count() == 1


def test_a_mapping_without_a_draft_has_nothing_to_publish(mapping: Mapping) -> None:
    with pytest.raises(SpecError, match="has no draft"):
        publish(mapping, None)


def test_a_mapping_with_a_problem_is_not_published(mapping: Mapping) -> None:
    save_draft(mapping, _spec({"from": "name", "to": "LastNam"}), None)
    with pytest.raises(SpecError, match=r"fields\[0\]\.to: 'LastNam' is not a field of Lead\. Did you mean LastName"):
        publish(mapping, None)
    assert mapping.published is None


def test_a_draft_that_changed_after_its_check_is_not_published(mapping: Mapping) -> None:
    checked = save_draft(mapping, _spec(), None)
    save_draft(mapping, _spec({"from": "note", "to": "LastName"}), None)
    with pytest.raises(SpecError, match="in the meantime"):
        put_in_force(checked, None)
    assert mapping.published is None


def test_a_vendor_that_does_not_answer_is_a_warning_and_what_is_known_is_used(
    mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(connection: Connection, object: str, refresh: bool = False) -> None:
        raise Unavailable(f"{connection.name} did not answer.")

    monkeypatch.setattr(publishing, "fields_of", silent)
    assert "fields[0].to" in str(problems_of_mapping(_spec({"from": "name", "to": "LastNam"}))[0])
    Knowledge.objects.all().delete()
    findings = findings_of_mapping(_spec({"from": "name", "to": "LastNam"}))
    assert findings.problems == []
    assert str(findings.warnings[1]) == (
        "target.object: The fields of Lead at sf could not be checked: sf did not answer."
    )


def test_a_field_that_was_made_at_the_vendor_a_minute_ago_is_found(
    mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def described(connection: Connection, object: str, refresh: bool = False) -> dict[str, Field]:
        asked.append(refresh)
        new = (Field("Brand_New__c"),) if refresh else ()
        return {field.name: field for field in (*FIELDS[object], *new)}

    monkeypatch.setattr(publishing, "fields_of", described)
    assert problems_of_mapping(_spec(*ROWS, {"from": "note", "to": "Brand_New__c"})) == []
    assert asked == [False, False, True, True]


def test_fresh_knowledge_is_not_asked_for_again(mapping: Mapping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "open_client", None)
    assert problems_of_mapping(_spec()) == []


def test_a_rule_uses_published_mappings_only(mapping: Mapping) -> None:
    when = {"connection": "gr", "event": "contact.subscribed"}
    rule = parse_rule("r", {"when": when, "do": [{"upsert": {"mapping": "m"}}]})
    save_draft(mapping, _spec(), None)
    assert [problem.message for problem in problems_of_rule(rule)] == ["'m' is not a published mapping."]
    publish(mapping, None)
    assert problems_of_rule(rule) == []
