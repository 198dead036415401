"""Who registered for a webinar and who was there is noticed person by person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.getresponse.resources import GetResponse, searches

from .watcher import Watcher, told

BOTH = frozenset({"webinar.registered", "webinar.attended"})
DAY = 24 * 60
SEEDED = "wbnr1"


@pytest.fixture
def watching(sandbox: RunningSandbox, client: GetResponse) -> Watcher:
    sandbox.store.shelf("getresponse").remove("webinar", SEEDED)
    return Watcher(client, "webinars", BOTH, datetime.now(UTC))


def webinar(sandbox: RunningSandbox, minutes: float) -> str:
    return str(sandbox.act("getresponse", "add_webinar", name="Pipeline", minutes=minutes)["webinarId"])


def visit(sandbox: RunningSandbox, webinar_id: str, email: str, **params: Any) -> None:
    if not sandbox.store.shelf("getresponse").find("contact", "email", email):
        sandbox.subscribe(email, origin="webinar")
    sandbox.act("getresponse", "attend", email=email, webinarId=webinar_id, **params)


def test_a_registration_is_told_once_with_its_webinar(sandbox: RunningSandbox, watching: Watcher) -> None:
    id = webinar(sandbox, 60)
    assert watching.round() == []
    visit(sandbox, id, "dana@example.com")
    (notice,) = watching.round(minutes=15)
    assert (notice.type, notice.email) == ("webinar.registered", "dana@example.com")
    assert notice.context["webinar"]["webinarId"] == id
    assert notice.context["webinar"]["name"] == "Pipeline"
    assert notice.context["webinar"]["startsOn"]
    assert watching.round(minutes=15) == []


def test_who_was_there_is_told_after_the_start(sandbox: RunningSandbox, watching: Watcher) -> None:
    id = webinar(sandbox, 60)
    visit(sandbox, id, "dana@example.com")
    visit(sandbox, id, "omar@example.com")
    assert told(watching.round()) == [
        ("webinar.registered", "dana@example.com"),
        ("webinar.registered", "omar@example.com"),
    ]
    visit(sandbox, id, "dana@example.com", participated=True)
    assert watching.round(minutes=15) == []
    (notice,) = watching.round(minutes=60)
    assert (notice.type, notice.email) == ("webinar.attended", "dana@example.com")
    assert notice.occurred_at == datetime.fromisoformat(notice.context["webinar"]["startsOn"])
    assert watching.round(minutes=15) == []


@pytest.mark.parametrize(
    ("minutes", "types"),
    [
        (60, ["webinar.registered"]),
        (29 * DAY, ["webinar.registered"]),
        (31 * DAY, []),
        (-60, ["webinar.attended"]),
        (-23 * 60, ["webinar.attended"]),
        (-2 * DAY, []),
        (-20 * DAY, []),
    ],
)
def test_at_the_first_look_only_what_is_not_over_is_news(
    sandbox: RunningSandbox, watching: Watcher, minutes: float, types: list[str]
) -> None:
    visit(sandbox, webinar(sandbox, minutes), "dana@example.com", participated=True)
    assert [notice.type for notice in watching.round()] == types


def test_a_webinar_is_looked_at_for_two_weeks(sandbox: RunningSandbox, watching: Watcher) -> None:
    id = webinar(sandbox, 60)
    watching.round()
    watching.round(days=13)
    visit(sandbox, id, "dana@example.com", participated=True)
    assert {notice.type for notice in watching.round(minutes=15)} == BOTH
    watching.round(days=2)
    visit(sandbox, id, "omar@example.com", participated=True)
    assert watching.round(minutes=15) == []


def test_only_what_somebody_listens_to_is_asked_for(sandbox: RunningSandbox, watching: Watcher) -> None:
    watching.wanted = frozenset({"webinar.attended"})
    id = webinar(sandbox, 60)
    visit(sandbox, id, "dana@example.com")
    assert watching.round() == []
    assert not [c for c in sandbox.calls("getresponse") if "search-contacts" in c["path"]]


def test_several_webinars_and_pages_are_one_question_a_look(
    sandbox: RunningSandbox, watching: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "PER_PAGE", 2)
    webinars = [webinar(sandbox, 60), webinar(sandbox, 120)]
    for number in range(5):
        for id in webinars:
            visit(sandbox, id, f"{number}@example.com")
    assert len(watching.round()) == 10
    assert watching.looks == 6


def test_a_webinar_without_a_time_is_left_alone(sandbox: RunningSandbox, watching: Watcher) -> None:
    made = sandbox.act("getresponse", "add_webinar", name="On demand")
    shelf = sandbox.store.shelf("getresponse")
    shelf.put("webinar", made["webinarId"], made | {"startsOn": None, "type": "on_demand"})
    assert watching.round() == []
