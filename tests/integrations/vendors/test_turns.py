"""Groups of writes: what may be under way together, and what a failure leaves standing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import Busy, ConfigurationError, CrosswalkError, Rejected, Unavailable
from integrations.vendors.turns import carry_out, in_turn

from .getresponse.account import update


class Calls:
    """Duties that note what they sent, and fail as they are told: whole (`away`) or one record at a time."""

    def __init__(self, each: Mapping[str, CrosswalkError] = {}, away: Mapping[str, CrosswalkError] = {}) -> None:
        self.each, self.away, self.sent = each, away, list[str]()

    def send(self, part: Sequence[Write]) -> dict[str, Outcome]:
        self.sent += [write.id for write in part]
        for write in part:
            if write.id in self.away:
                raise self.away[write.id]
        return {write.id: Outcome(write.id, error=self.each.get(write.id)) for write in part}

    def carry_out(self, *writes: Write, refused: Mapping[str, Outcome] = {}) -> list[Outcome]:
        return carry_out(writes, refused, {"update": self.send, "delete": self.send}, _verb, _record)


ONE, OTHER, GONE = update("p1", id="1"), update("p2", id="2"), update("p2", "delete", id="3")


def test_what_is_under_way_together_is_about_different_records_and_of_one_kind() -> None:
    groups = in_turn([ONE, OTHER, update("p1", id="4"), GONE], _verb, _record)
    assert [[write.id for write in group] for group in groups] == [["1", "2"], ["4"], ["3"]]


def test_what_was_written_before_a_later_group_failed_keeps_its_outcome() -> None:
    away = Unavailable("The vendor is away.")
    outcomes = Calls(away={"3": away}).carry_out(ONE, OTHER, GONE)
    assert [outcome.error for outcome in outcomes] == [None, None, away]


def test_a_first_group_that_failed_is_raised_and_nothing_else_is_sent() -> None:
    calls = Calls(away={"1": Unavailable("The vendor is away.")})
    with pytest.raises(Unavailable):
        calls.carry_out(ONE, OTHER, GONE)
    assert calls.sent == ["1", "2"]


def test_a_failure_of_the_account_on_every_record_is_raised() -> None:
    closed = ConfigurationError("The key is refused.")
    with pytest.raises(ConfigurationError):
        Calls(each={"1": closed, "2": closed}).carry_out(ONE, OTHER)


def test_a_refused_key_among_successes_waits_for_a_call_of_its_own() -> None:
    outcomes = Calls(each={"2": ConfigurationError("The key is refused.")}).carry_out(ONE, OTHER)
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Busy]


def test_a_refused_write_is_not_sent_and_answered_in_its_place() -> None:
    calls = Calls()
    no = Outcome("1", error=Rejected("No such field."))
    assert calls.carry_out(ONE, OTHER, refused={"1": no})[0] is no
    assert calls.sent == ["2"]


def _verb(write: Write) -> str:
    return write.operation


def _record(write: Write) -> str | None:
    return write.record_id
