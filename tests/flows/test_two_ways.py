"""Two systems that both push: edits travel once, our own writes coming back change nothing, conflicts go by policy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit import decisions
from audit.models import Change, ChangeState
from config.tasks import work_off
from integrations.models import Connection, Event
from integrations.vendors.errors import Unavailable
from mappings.models import Mapping, MappingVersion, Rule, VersionState
from tests.memory_vendor import Pair

pytestmark = pytest.mark.django_db
STATE_EVENTS = ("contact.created", "contact.updated")


def connect(pair: Pair, conflict: str = "source", **field_policy: str) -> None:
    """Mappings and rules both ways, and stops told to the other side."""
    for source, target in (("left", "right"), ("right", "left")):
        spec: dict[str, Any] = {
            "source": {"connection": source, "object": "contact", "read": "always"},
            "target": {"connection": target, "object": "contact"},
            "key": {"field": "key", "from": "id"},
            "match": ["email"],
            "conflict": conflict,
            "fields": [
                {"from": "email", "to": "email"},
                {
                    "from": "name",
                    "to": "name",
                    "via": ["trim"],
                    **({"conflict": field_policy["name"]} if field_policy else {}),
                },
                {"from": "city", "to": "city", "blank": "clear"},
            ],
        }
        mapping = Mapping.objects.create(name=f"{source}-to-{target}")
        MappingVersion.objects.create(mapping=mapping, number=1, state=VersionState.PUBLISHED, spec=spec)
        connection = Connection.objects.get(name=source)
        for event in STATE_EVENTS:
            Rule.objects.create(
                name=f"{source}-{event.split('.')[1]}",
                connection=connection,
                event=event,
                actions=[{"upsert": {"mapping": mapping.name}}],
            )
        stop = {"opt_out": {"connections": [target], "channels": ["email"]}}
        Rule.objects.create(name=f"{source}-stop", connection=connection, event="contact.unsubscribed", actions=[stop])


def work() -> None:
    while sum(work_off(lane) for lane in settings.LANES):
        pass


def let_time_pass() -> None:
    now = timezone.now()
    Connection.objects.update(paused_until=None)
    Change.objects.filter(state=ChangeState.QUEUED).update(next_attempt_at=now)
    Event.objects.filter(state="new").update(next_attempt_at=now)


def settle(pair: Pair, rounds: int = 12, order: Any = None, repeat: bool = False) -> int:
    """Until nothing moves any more; that it takes more rounds would be a loop. Returns how many it took."""
    for number in range(rounds):
        moved = pair.deliver_events(order, repeat)
        work()
        waiting = Event.objects.filter(state="new").exists() or Change.objects.filter(state=ChangeState.QUEUED).exists()
        if not moved and not waiting:
            return number
        let_time_pass()
    raise AssertionError("The two systems do not come to rest.")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair().registered() as pair:
        yield pair


def test_a_new_record_is_made_on_the_other_side_once_and_comes_to_rest(pair: Pair) -> None:
    connect(pair)
    pair.left.sign_up(email="dana@example.com", name="דנה כהן", city="Haifa")
    settle(pair)
    [record] = pair.right.records.values()
    assert (record["name"], record["city"]) == ("דנה כהן", "Haifa")
    assert len(pair.left.records) == 1
    assert len(pair.right.writes) == 1
    assert pair.left.writes == []


def test_ten_rounds_of_edits_make_ten_writes_and_no_loop(pair: Pair) -> None:
    connect(pair)
    left = pair.left.sign_up(email="dana@example.com", name="Dana", city="Haifa")
    settle(pair)
    [right] = pair.right.records
    for number in range(5):
        pair.left.edit(left, name=f"Dana {number}")
        settle(pair)
        pair.right.edit(right, city=f"City {number}")
        settle(pair)
    assert pair.left.records[left]["city"] == pair.right.records[right]["city"] == "City 4"
    assert pair.left.records[left]["name"] == pair.right.records[right]["name"] == "Dana 4"
    assert len(pair.right.writes) == 6
    assert len(pair.left.writes) == 5


def test_a_value_that_the_way_changes_does_not_travel_back(pair: Pair) -> None:
    connect(pair)
    left = pair.left.sign_up(email="dana@example.com", name="  Dana  ")
    settle(pair)
    assert next(iter(pair.right.records.values()))["name"] == "Dana"
    assert pair.left.records[left]["name"] == "  Dana  "


def test_a_cleared_field_is_cleared_on_the_other_side(pair: Pair) -> None:
    connect(pair)
    left = pair.left.sign_up(email="dana@example.com", name="Dana", city="Haifa")
    settle(pair)
    pair.left.edit(left, city="")
    settle(pair)
    assert not next(iter(pair.right.records.values()))["city"]


def edit_both(pair: Pair) -> tuple[str, str]:
    left = pair.left.sign_up(email="dana@example.com", name="Dana")
    settle(pair)
    [right] = pair.right.records
    pair.left.edit(left, name="From left")
    pair.right.edit(right, name="From right")
    return left, right


@pytest.mark.parametrize("policy", ["source", "target", "newest"])
def test_both_sides_changed_at_once_end_equal(pair: Pair, policy: str) -> None:
    connect(pair, conflict=policy)
    left, right = edit_both(pair)
    settle(pair)
    assert pair.left.records[left]["name"] == pair.right.records[right]["name"]


def test_ask_holds_the_field_with_both_values_until_somebody_decides(pair: Pair) -> None:
    connect(pair, name="ask")
    left, right = edit_both(pair)
    pair.left.edit(left, city="Haifa")
    settle(pair)
    question = Change.objects.filter(state=ChangeState.HELD).order_by("id").first()
    assert question is not None
    assert {question.diff["name"]["before"], question.diff["name"]["after"]} == {"From left", "From right"}
    assert pair.right.records[right]["city"] == "Haifa"  # the rest does not wait
    decisions.approve([question.id], None)
    settle(pair)
    assert question.diff["name"]["after"] in (pair.left.records[left]["name"], pair.right.records[right]["name"])


def test_a_change_and_back_before_the_first_was_sent_ends_as_the_last(pair: Pair) -> None:
    connect(pair)
    left = pair.left.sign_up(email="dana@example.com", name="Dana", city="Haifa")
    settle(pair)
    pair.right.failures.extend([])
    pair.left.edit(left, city="Akko")
    pair.deliver_events()
    from mappings.planning.planner import plan_due

    assert plan_due("events") == 1  # planned, not delivered
    pair.left.edit(left, city="Haifa")
    settle(pair)
    assert next(iter(pair.right.records.values()))["city"] == "Haifa"


def test_a_stop_on_either_side_reaches_the_other_and_stays(pair: Pair) -> None:
    connect(pair)
    pair.left.sign_up(email="dana@example.com", name="Dana")
    settle(pair)
    [right] = pair.right.records
    pair.right.stop(right)
    settle(pair)
    assert next(iter(pair.left.records.values()))["stopped"] is True
    pair.right.edit(right, stopped=False)
    settle(pair)
    assert next(iter(pair.left.records.values()))["stopped"] is True


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking takes minutes: a failing history is short anyway
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "stop", "settle", "fail", "shuffle", "repeat"]),
        st.sampled_from(["left", "right"]),
        st.integers(0, 2),
        st.sampled_from(["name", "city"]),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=14,
)


@given(history=EDITS, seed=st.integers(0, 1000))
@hypothesis_settings(
    max_examples=30,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_histories_end_equal_and_lose_no_stop(history: list[tuple[str, str, int, str, str]], seed: int) -> None:
    with transaction.atomic():
        play(history, random.Random(seed))
        transaction.set_rollback(True)  # one test's transaction holds many histories


def play(history: list[tuple[str, str, int, str, str]], dice: random.Random) -> None:
    """Three people on both sides live through the history; then both sides are equal and know every stop."""
    with Pair().registered() as pair:
        connect(pair)
        for number in range(3):
            pair.left.sign_up(email=f"p{number}@example.com", name=f"Person {number}", city="x")
        settle(pair)
        stopped: set[str] = set()
        for act, side, who, name, value in history:
            system = pair.systems[side]
            record_id = next(i for i, r in system.records.items() if r["email"] == f"p{who}@example.com")
            if act == "edit":
                system.edit(record_id, **{name: value})
            elif act == "stop":
                system.stop(record_id)
                stopped.add(f"p{who}@example.com")
            elif act == "fail":
                system.failures.append(Unavailable("down for a moment"))
            else:
                settle(pair, 40, dice.shuffle if act == "shuffle" else None, act == "repeat")
        settle(pair, 60)
        check(pair, stopped)


def check(pair: Pair, stopped: set[str]) -> None:
    left, right = ({r["email"]: r for r in system.records.values()} for system in pair.systems.values())
    assert len(pair.left.records) == len(pair.right.records) == len(left) == len(right) == 3
    for email, record in left.items():
        other = right[email]
        assert (record["name"], record["city"] or None) == (other["name"], other["city"] or None)
        assert bool(record.get("stopped")) == bool(other.get("stopped")) == (email in stopped)
