"""Every answer has the shape that other programs are written against (design §5.3, §5.6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from audit.facts import change_facts
from config.api.serializers.audit import ChangeSerializer
from mappings.models import Mapping, MappingVersion, Rule

from . import ledger

pytestmark = pytest.mark.django_db
CHANGE = {
    *(
        "id",
        "state",
        "connection",
        "object",
        "operation",
        "kind",
        "record_id",
        "external_id",
        "person",
        "event",
        "rule",
    ),
    *("mapping", "mapping_version", "diff", "attempts", "error", "actor", "created_at", "applied_at", "created"),
}
EVENT = {
    *("id", "connection", "type", "state", "reason", "vendor_event_id", "record_id", "person"),
    *("occurred_at", "received_at", "changes"),
}


def test_a_change_names_what_it_belongs_to(api: APIClient) -> None:
    who = ledger.person()
    event = ledger.event(who)
    facts = {"rule": "new-subscriber", "mapping": "m", "mapping_version": 3, "record_id": "00Q1"}
    change = ledger.change(who, event=event, **facts)
    [row] = api.get("/api/v1/changes/").json()["results"]
    assert set(row) >= CHANGE
    assert row == change_facts(change)  # as in every export
    assert set(row) == set(ChangeSerializer().fields)  # as the schema says
    assert (row["id"], row["connection"], row["person"], row["event"]) == (
        change.id, "salesforce-main", who.id, event.id,
    )  # fmt: skip
    assert (row["rule"], row["mapping_version"], row["diff"]) == ("new-subscriber", 3, ledger.DIFF)
    assert (row["error"], row["applied_at"]) == (None, None)


def test_a_failed_change_says_code_words_and_what_to_do(api: APIClient) -> None:
    change = ledger.failed()
    assert api.get(f"/api/v1/changes/{change.id}/").json()["error"] == ledger.ERROR


def test_the_detail_of_a_change_adds_its_attempts_and_notes(api: APIClient) -> None:
    change = ledger.failed(notes=["Title: Cut from 140 to 128 characters."])
    change.attempt_rows.create(number=1, batch="b", result="failed", error=ledger.ERROR)
    row = api.get(f"/api/v1/changes/{change.id}/").json()
    assert set(row) > CHANGE
    assert row["notes"] == ["Title: Cut from 140 to 128 characters."]
    assert [attempt["result"] for attempt in row["tries"]] == ["failed"]


def test_times_are_utc_with_z_in_any_time_zone_of_the_server(api: APIClient, settings: object) -> None:
    settings.TIME_ZONE = "Asia/Jerusalem"  # type: ignore[attr-defined]
    ledger.change(created_at=datetime(2026, 4, 21, 9, 15, tzinfo=UTC))
    assert api.get("/api/v1/changes/").json()["results"][0]["created_at"] == "2026-04-21T09:15:00.000Z"


def test_an_event_lists_the_changes_it_led_to(api: APIClient) -> None:
    event = ledger.event()
    changes = [ledger.change(event=event), ledger.change(event=event)]
    [row] = api.get("/api/v1/events/").json()["results"]
    assert set(row) == EVENT
    assert sorted(row["changes"]) == sorted(change.id for change in changes)
    assert (row["connection"], row["person"]) == ("getresponse-main", None)


def test_a_connection_shows_no_secret(api: APIClient) -> None:
    ledger.connection()
    answer = api.get("/api/v1/connections/salesforce-main/")
    assert "hush-hush" not in answer.content.decode()
    assert "webhook_token" not in answer.json()
    assert answer.json()["credentials_set"] == ["client_secret"]


def test_people_are_found_by_email_in_any_case(api: APIClient) -> None:
    who = ledger.person()
    ledger.person("other@example.com", "Jane Doe")
    ledger.link(who)
    [row] = api.get("/api/v1/people/", {"email": " DANA@example.com"}).json()["results"]
    assert (row["id"], row["name"]) == (who.id, "דנה כהן")
    assert row["addresses"] == [{"kind": "email", "value": "dana@example.com"}]
    assert (row["links"][0]["connection"], row["links"][0]["record_id"]) == ("salesforce-main", "00Q1")


def test_a_timeline_runs_through_events_changes_and_opt_outs_page_by_page(api: APIClient) -> None:
    who = ledger.person()
    rows = [ledger.event(who), ledger.change(who), ledger.opt_out(who), ledger.change(who)]
    ledger.change(ledger.person("other@example.com"))
    url, seen = f"/api/v1/people/{who.id}/timeline/?page_size=3", []
    while url:
        page = api.get(url).json()
        seen += [(entry["what"], entry["id"], entry[entry["what"]]["id"]) for entry in page["results"]]
        url = page["next"]
    expected = [("event", rows[0]), ("change", rows[1]), ("opt_out", rows[2]), ("change", rows[3])]
    assert seen == sorted([(what, row.id, row.id) for what, row in expected], key=lambda e: e[1], reverse=True)


@pytest.mark.parametrize(
    ("state", "facts", "expected"),
    [
        ("applied", {"applied_at": datetime(2026, 4, 21, 9, 15, tzinfo=UTC)}, ("told", "2026-04-21T09:15:00.000Z")),
        ("queued", {}, ("waiting", None)),
        ("failed", {"error": ledger.ERROR}, ("failed", None)),
    ],
)
def test_an_opt_out_says_how_each_system_stands(api: APIClient, state: str, facts: dict, expected: tuple) -> None:  # type: ignore[type-arg]
    who = ledger.person()
    stop = ledger.opt_out(who)
    ledger.change(who, opt_out=stop, operation="opt_out", kind="opt_out", state=state, record_id="00Q1", **facts)
    [row] = api.get("/api/v1/optouts/").json()["results"]
    assert [tuple(system.values()) for system in row["told"]] == [("salesforce-main", *expected)]
    assert [(record["record_id"], record["state"]) for record in row["systems"]] == [("00Q1", state)]
    assert row["told_at"] == expected[1]


def test_a_system_with_nobody_to_tell_says_so(api: APIClient) -> None:
    ledger.opt_out(ledger.person())
    [row] = api.get("/api/v1/optouts/").json()["results"]
    assert [(system["connection"], system["state"]) for system in row["told"]] == [("salesforce-main", "nobody")]


def test_a_rule_and_a_mapping_read_as_in_the_configuration(api: APIClient) -> None:
    where = ledger.connection()
    Rule.objects.create(name="stop", connection=where, event="contact.unsubscribed", actions=[{"upsert": {}}])
    mapping = Mapping.objects.create(name="m")
    MappingVersion.objects.create(mapping=mapping, number=1, state="published", spec={"match": ["email"]})
    rule = api.get("/api/v1/rules/stop/").json()
    assert (rule["connection"], rule["approve"], rule["opt_in"]) == ("salesforce-main", "never", "ask")
    row = api.get("/api/v1/mappings/m/").json()
    assert (row["published"]["number"], row["published"]["spec"], row["draft"]) == (1, {"match": ["email"]}, None)


def test_operations_are_filtered_by_vendor_and_kind_and_paged(api: APIClient) -> None:
    everything = api.get("/api/v1/operations/", {"page_size": 500}).json()["results"]
    first = api.get("/api/v1/operations/", {"page_size": 3}).json()
    second = api.get(first["next"]).json()
    assert first["results"] + second["results"] == everything[:6]
    assert api.get(second["previous"]).json()["results"] == first["results"]
    triggers = api.get("/api/v1/operations/", {"vendor": "salesforce", "kind": "trigger"}).json()["results"]
    assert {(row["vendor"], row["kind"]) for row in triggers} == {("salesforce", "trigger")}
