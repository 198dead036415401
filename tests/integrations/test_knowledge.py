"""What is known of an account is asked for once an hour, by one worker, and is better old than not there at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import knowledge
from integrations.models import Connection, Knowledge
from integrations.vendors.errors import AuthenticationFailed, CrosswalkError, NotFound, Unavailable

pytestmark = pytest.mark.django_db
OLD, NEW = [{"id": "1", "name": "old"}], [{"id": "1", "name": "new"}]
DOWN = Unavailable("The vendor did not answer.")


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(name="c", vendor="getresponse")


def ask_for(connection: Connection, answer: Any) -> Knowledge:
    """What a worker is given; `answer` is what the vendor would say, or do."""
    return knowledge.current(connection, "look_up", "lists", lambda: _said(answer))


def _said(answer: Any) -> Any:
    if isinstance(answer, CrosswalkError):
        raise answer
    return answer() if callable(answer) else answer


def let_pass(connection: Connection, span: timedelta) -> None:
    moments = ("fetched_at", "forgotten_at", "asking_until", "problem_at")
    for row in Knowledge.objects.filter(connection=connection):
        past = {name: getattr(row, name) - span for name in moments if getattr(row, name)}
        Knowledge.objects.filter(pk=row.pk).update(**past)


def hear(connection: Connection, content: Any = OLD, ago: timedelta = timedelta(hours=2)) -> datetime:
    """Make it known, some time ago."""
    ask_for(connection, content)
    let_pass(connection, ago)
    row = knowledge.known(connection, "look_up", "lists")
    assert row is not None and row.fetched_at is not None
    return row.fetched_at


def test_what_was_heard_within_the_hour_is_not_asked_for_again(connection: Connection) -> None:
    hear(connection, ago=timedelta(minutes=59))
    assert ask_for(connection, AssertionError).content == OLD


def test_what_is_older_is_asked_for_again(connection: Connection) -> None:
    hear(connection, ago=timedelta(minutes=61))
    assert ask_for(connection, NEW).content == NEW
    assert ask_for(connection, AssertionError).content == NEW


def test_while_one_worker_asks_the_others_use_what_is_there(connection: Connection) -> None:
    hear(connection)
    seen: list[Any] = []

    def slow() -> Any:
        seen.append(ask_for(connection, AssertionError).content)
        return NEW

    assert ask_for(connection, slow).content == NEW
    assert seen == [OLD]


def test_a_worker_that_died_while_asking_is_replaced_after_a_minute(connection: Connection) -> None:
    hear(connection)
    with pytest.raises(KeyboardInterrupt):
        ask_for(connection, _die)
    assert ask_for(connection, AssertionError).content == OLD
    let_pass(connection, timedelta(minutes=1))
    assert ask_for(connection, NEW).content == NEW


def _die() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("error", [DOWN, AuthenticationFailed("The key is wrong.")])
def test_when_the_vendor_cannot_be_asked_the_old_stands_and_says_since_when_and_why(
    connection: Connection, error: CrosswalkError
) -> None:
    heard = hear(connection)
    row = ask_for(connection, error)
    assert (row.content, row.fetched_at) == (OLD, heard)
    assert row.problem.startswith(error.message)
    assert ask_for(connection, AssertionError).content == OLD  # nobody asks again at once
    let_pass(connection, timedelta(minutes=1))
    assert ask_for(connection, NEW).problem == ""


def test_without_anything_known_the_failure_is_raised(connection: Connection) -> None:
    with pytest.raises(Unavailable):
        ask_for(connection, DOWN)
    assert knowledge.known(connection, "look_up", "lists") is None
    assert ask_for(connection, NEW).content == NEW


def test_what_the_vendor_refuses_itself_is_raised_whatever_is_known(connection: Connection) -> None:
    hear(connection)
    with pytest.raises(NotFound):
        ask_for(connection, NotFound("There is no such thing."))


def test_what_was_forgotten_is_asked_for_at_once_also_while_somebody_asks(connection: Connection) -> None:
    hear(connection)

    def slow() -> Any:
        knowledge.forget(connection, "look_up")
        assert ask_for(connection, NEW).content == NEW
        return OLD

    ask_for(connection, slow)
    assert ask_for(connection, AssertionError).content == NEW  # the answer to the earlier question changed nothing


def test_what_was_asked_for_before_it_was_forgotten_is_not_believed(connection: Connection) -> None:
    hear(connection)

    def slow() -> Any:
        knowledge.forget(connection, "look_up")
        return OLD

    ask_for(connection, slow)
    assert ask_for(connection, NEW).content == NEW


def test_what_was_forgotten_is_not_used_again_but_still_known(connection: Connection) -> None:
    hear(connection)
    knowledge.forget(connection, "look_up")
    with pytest.raises(Unavailable):
        ask_for(connection, DOWN)
    row = knowledge.known(connection, "look_up", "lists")
    assert row is not None and row.content == OLD


def test_an_answer_of_another_account_is_not_kept(connection: Connection) -> None:
    def slow() -> Any:
        knowledge.forget_all(connection)
        return OLD

    ask_for(connection, slow)
    assert knowledge.known(connection, "look_up", "lists") is None


def test_what_is_read_now_is_read_however_new_it_is(connection: Connection) -> None:
    hear(connection, ago=timedelta())
    assert knowledge.refreshed(connection, "look_up", "lists", lambda: NEW).content == NEW
    with pytest.raises(Unavailable):
        knowledge.refreshed(connection, "look_up", "lists", lambda: _said(DOWN))
    row = knowledge.known(connection, "look_up", "lists")
    assert row is not None and (row.content, bool(row.problem)) == (NEW, True)


def test_what_no_database_takes_is_dropped(connection: Connection) -> None:
    row = ask_for(connection, [{"id": "1", "name": "a\x00b", "facts": ("x",)}])
    row.refresh_from_db()
    assert row.content == [{"id": "1", "name": "ab", "facts": ["x"]}]
    assert row.fetched_at is not None and row.fetched_at <= timezone.now()
