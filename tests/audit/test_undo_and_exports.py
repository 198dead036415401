"""Undo where the vendor still holds what we wrote; the ledger and the register of opt-outs, out."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import call_command

from audit.models import ChangeState
from audit.undo import undo
from integrations.vendors.errors import Conflict, Unsupported
from tests.world import World


def updated_lead(world: World) -> None:
    world.main_job()
    world.sandbox.create("Lead", LastName="Old", Company="Acme", Email="u@example.com")
    world.subscribe("u@example.com", name="Dana Cohen")
    world.work()


def test_an_update_is_undone_by_a_new_change_that_points_back(world: World) -> None:
    updated_lead(world)
    [change] = world.changes()
    made = undo(change, None)
    world.work()
    made.refresh_from_db()
    assert (made.state, made.replaces) == (ChangeState.APPLIED, change)
    assert world.leads[0]["LastName"] == "Old"


def test_what_somebody_changed_since_is_left_alone(world: World) -> None:
    updated_lead(world)
    world.sandbox.act("salesforce", "update", object="Lead", id=world.leads[0]["Id"], values={"LastName": "Newer"})
    with pytest.raises(Conflict, match="LastName"):
        undo(world.changes()[0], None)
    assert world.leads[0]["LastName"] == "Newer"


def test_a_change_is_undone_once(world: World) -> None:
    updated_lead(world)
    undo(world.changes()[0], None)
    with pytest.raises(Unsupported, match="before"):
        undo(world.changes()[0], None)


def test_an_opt_out_is_never_undone(world: World) -> None:
    world.main_job()
    contact = world.subscribe("o@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    with pytest.raises(Unsupported, match="never undone"):
        undo(world.changes(kind="opt_out")[0], None)


def exported(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_ledger_comes_out_as_json_lines_and_csv(world: World) -> None:
    world.main_job()
    world.subscribe("e@example.com", name="=cmd() Cohen")
    world.work()
    [line] = exported("changes", "export").splitlines()
    change = json.loads(line)
    assert (change["state"], change["connection"], change["rule"]) == ("applied", "salesforce-main", "new-subscriber")
    assert change["diff"]["LastName"]["after"] == "Cohen"
    assert change["applied_at"].endswith("Z")
    [row] = csv.DictReader(io.StringIO(exported("changes", "export", "--format", "csv")))
    assert json.loads(row["diff"]) == change["diff"]
    assert exported("changes", "export", "--since", "2999-01-01") == ""


def test_the_register_says_who_was_told_when(world: World) -> None:
    world.main_job()
    contact = world.subscribe("r@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    [opt_out] = [json.loads(line) for line in exported("optouts", "report").splitlines()]
    assert (opt_out["address"], opt_out["channel"], opt_out["state"]) == ("r@example.com", "email", "open")
    [system] = opt_out["systems"]
    assert (system["connection"], system["state"]) == ("salesforce-main", "applied")
    assert system["told_at"] >= opt_out["heard_at"]
