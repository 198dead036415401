"""Short ways to plan and run a backfill of the main rule to its end."""

from __future__ import annotations

from typing import Any

from mappings.models import Run
from mappings.runs import start_run
from tests.world import World

RULE = "new-subscriber"


def signed_up(world: World, count: int, start: int = 0) -> None:
    """People who are at the source before anything listens."""
    for number in range(start, start + count):
        world.sandbox.subscribe(f"b{number}@example.com", name=f"Person {number}")


def plan(world: World, **scope: Any) -> Run:
    run = start_run("backfill", {"rule": RULE, **scope}, "dana", dry_run=True)
    world.work()
    run.refresh_from_db()
    return run


def backfill(world: World, **scope: Any) -> Run:
    run = start_run("backfill", {"rule": RULE, **scope}, "dana")
    world.work(rounds=60)
    run.refresh_from_db()
    return run


def counts(run: Run) -> dict[str, int]:
    assert run.plan is not None
    return {name: estimate["n"] for name, estimate in run.plan["counts"].items() if estimate["n"]}


def planned_calls(run: Run) -> dict[str, int]:
    assert run.plan is not None
    return {line["connection"]: line["total"] for line in run.plan["calls"]}
