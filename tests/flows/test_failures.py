"""When a vendor refuses, stumbles or is away: nothing lost, nothing doubled, and the reason in plain words."""

from __future__ import annotations

from unittest import mock

import pytest

from audit import decisions
from audit.models import ChangeState
from integrations.models import Connection, EventState, Mode
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import ScopeMissing
from tests.world import World


def test_one_bad_row_does_not_hold_the_others_of_its_batch(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=Refused", validation_message="No, says sales.")
    for name in ("Dana Cohen", "Mr Refused", "Noa Levi"):
        world.subscribe(f"{name.split()[1].lower()}@example.com", name=name)
    world.work()
    assert {lead["LastName"] for lead in world.leads} == {"Cohen", "Levi"}
    [failed] = world.changes(state="failed")
    assert failed.error["code"] == "rejected"
    assert failed.error["vendor_code"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert "No, says sales." in failed.error["message"]
    assert "validation rule" in failed.error["help"].lower()


def test_a_mended_record_goes_through_on_retry(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=Refused")
    world.subscribe("r@example.com", name="Mr Refused")
    world.work()
    world.sandbox.switch("salesforce", validation_rule="")
    [failed] = world.changes()
    assert decisions.retry([failed.id], None).done == [failed.id]
    world.work()
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == (ChangeState.APPLIED, 2)
    assert [attempt.result for attempt in failed.attempt_rows.all()] == ["failed", "applied"]


def test_an_applied_change_cannot_be_retried(world: World) -> None:
    world.main_job()
    world.subscribe("ok@example.com", name="Dana Cohen")
    world.work()
    [change] = world.changes()
    decision = decisions.retry([change.id], None)
    assert decision.done == []
    assert "applied" in decision.refused[change.id]


def test_a_token_that_ended_is_renewed_once_and_nothing_is_lost(world: World) -> None:
    world.main_job()
    world.subscribe("first@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.switch("salesforce", unauthorized=1)
    world.subscribe("second@example.com", name="Noa Levi")
    world.work()
    assert len(world.leads) == 2


def test_a_sign_in_that_is_refused_stops_the_connection_and_its_changes_wait(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", client_secret="another")
    world.subscribe("wait@example.com", name="Dana Cohen")
    world.work()
    connection = Connection.objects.get(name="salesforce-main")
    assert connection.blocked is True
    assert "credentials" in connection.health_reason
    assert world.leads == []
    world.sandbox.switch("salesforce", client_secret="sandbox-client-secret")
    from integrations.health import check_connection

    check_connection(connection)
    world.work()
    assert len(world.leads) == 1


@pytest.mark.parametrize("switch", [{"lock_row": 1}, {"rate_limit": 1}, {"down": 1}, {"down": 1, "down_style": "drop"}])
def test_a_passing_trouble_is_tried_again(world: World, switch: dict[str, object]) -> None:
    world.main_job()
    world.subscribe("warm@example.com", name="Warm Up")
    world.work()
    world.sandbox.switch("salesforce", **switch)
    world.subscribe("later@example.com", name="Dana Cohen")
    world.work()
    world.let_time_pass()
    world.work()
    world.let_time_pass()
    world.work()
    assert {lead["LastName"] for lead in world.leads} == {"Up", "Cohen"}
    assert world.changes(state="failed") == []


def test_a_write_that_was_done_but_never_answered_makes_no_second_lead(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    world.subscribe("unknown@example.com", name="Dana Cohen")
    world.work()
    [change] = world.changes()
    assert change.error["code"] == "outcome_unknown"
    world.let_time_pass()
    world.work()
    change.refresh_from_db()
    assert change.state == ChangeState.APPLIED
    assert len(world.leads) == 1


def test_a_field_that_vanished_is_parked_and_the_contact_is_not(world: World) -> None:
    world.main_job()
    world.subscribe("before@example.com", name="Before Hand")
    world.work()
    world.sandbox.switch("salesforce", hidden_fields=["Lead.Rating"])
    world.subscribe("parked@example.com", name="Dana Cohen", tags=["demo_watched"])
    world.work()
    world.let_time_pass()
    world.work()
    lead = next(lead for lead in world.leads if lead["Email"] == "parked@example.com")
    assert "Rating" not in lead
    change = world.changes()[-1]
    assert change.state == ChangeState.APPLIED
    assert any("Rating" in note for note in change.notes)


def test_an_opt_out_that_may_not_be_written_fails_loudly(world: World) -> None:
    world.main_job()
    contact = world.subscribe("hidden@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.switch("salesforce", hidden_fields=["Lead.HasOptedOutOfEmail"])
    world.hear(contact, "unsubscribe")
    world.work()
    [change] = world.changes(kind="opt_out")
    assert (change.state, change.error["code"]) == (ChangeState.FAILED, "field_hidden")
    assert "Field-Level Security" in change.error["help"]


def test_a_read_only_connection_refuses_and_says_so(world: World) -> None:
    world.main_job()
    Connection.objects.filter(name="salesforce-main").update(mode=Mode.READ_ONLY)
    world.subscribe("ro@example.com", name="Dana Cohen")
    world.work()
    [change] = world.changes()
    assert (change.state, change.error["code"]) == (ChangeState.FAILED, "read_only")
    assert world.leads == []


def test_a_lead_deleted_in_salesforce_is_not_made_again_by_a_later_event(world: World) -> None:
    world.main_job()
    contact = world.subscribe("gone@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("salesforce", "delete", object="Lead", id=world.leads[0]["Id"])
    world.hear(contact, extra="later")
    world.work()
    assert [lead for lead in world.leads if not lead["IsDeleted"]] == []
    assert "deleted" in world.events()[1].reason


def test_a_source_that_is_away_delays_the_event_and_loses_nothing(world: World) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("away@example.com", name="Dana Cohen")
    world.sandbox.switch("getresponse", down=1)
    world.hear(contact)
    world.work()
    assert world.events()[0].state == EventState.NEW
    world.let_time_pass()
    world.work()
    assert len(world.leads) == 1


def test_an_opt_out_does_not_wait_for_the_persons_stuck_events(world: World) -> None:
    world.main_job()
    contact = world.subscribe("stuck@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.switch("getresponse", down=5)
    world.hear(contact, extra="stuck")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True


def test_a_row_that_lacks_a_permission_fails_alone_and_is_not_tried_for_ever(world: World) -> None:
    world.main_job()
    for name in ("one", "two"):
        world.subscribe(f"{name}@example.com", name=f"Person {name.title()}")
    denied = ScopeMissing("Salesforce: insufficient access", vendor_code="INSUFFICIENT_ACCESS_OR_READONLY")

    def write(self: object, writes: list[Write]) -> list[Outcome]:
        return [Outcome(write.id, error=denied) for write in writes]

    with mock.patch("integrations.vendors.salesforce.resources.Salesforce.write", write):
        world.work()
    assert [change.error["code"] for change in world.changes(state="failed")] == ["scope_missing"] * 2
    assert Connection.objects.get(name="salesforce-main").blocked is False


def test_new_credentials_let_what_waited_go_on(world: World) -> None:
    from integrations.health import account_changed

    world.main_job()
    world.sandbox.switch("salesforce", client_secret="another")
    world.subscribe("wait@example.com", name="Dana Cohen")
    world.work()
    connection = Connection.objects.get(name="salesforce-main")
    connection.credentials = {**connection.credentials, "client_secret": "another"}
    connection.save()
    account_changed(connection)
    world.work()
    assert len(world.leads) == 1
