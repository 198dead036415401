"""Plans events as the real run would, without a trace: all that planning writes is rolled back.

No vendor is called inside that transaction. What planning wants to know stops it; it is asked for outside, remembered,
and planning begins again.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.delivery import calls_for
from audit.models import Change, ChangeState, Kind
from audit.optouts import open_opt_outs
from integrations.clients import open_client
from integrations.leases import Holding
from integrations.models import Connection, Event
from integrations.vendors.base import Client, Exchange, Field, Found, Page, Record
from integrations.vendors.errors import CrosswalkError, TransientError
from integrations.vendors.lookups import Entry

from ..planning.case import Case, Workshop
from ..planning.planner import intend, open_cases
from ..planning.rules import load_rules, open_workshop
from ..planning.targets import schema_of
from ..spec import RuleSpec

MOST_QUESTIONS = 50  # of one batch; a rule with more look-ups than that is none we know


@dataclass
class Outcome:
    """What planning some records came to: how many ended how, and the calls per connection and purpose."""

    records: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0


class NotAskedYet(Exception):
    """Planning wants to know something of a vendor."""


@dataclass
class Counting:
    """A journal that only counts, and keeps what is worked on."""

    holding: Holding | None
    calls: int = 0

    def note(self, exchange: Exchange) -> None:
        self.calls += 1
        if self.holding is not None:
            self.holding.keep()


class Remembering(Client):
    """A client that answers from memory, and stops whoever wants to know more."""

    def __init__(self, client: Client, journal: Counting) -> None:
        super().__init__(client.account, client.services)
        self.client, self.journal = client, journal
        self._answers: dict[str, Any] = {}
        self._question: tuple[str, str, tuple[Any, ...]] | None = None

    def describe(self, object: str) -> list[Field]:
        return self._answer("describe", object)  # type: ignore[no-any-return]  # as the client gave it

    def look_up(self, key: str) -> Iterator[Entry]:
        return iter(self._answer("look_up", key))

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        return self._answer("read", object, list(record_ids), list(fields))  # type: ignore[no-any-return]  # as the client gave it

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        return self._answer("find", object, field, list(values), list(fields))  # type: ignore[no-any-return]  # as the client gave it

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        return self._answer("find_any", object, dict(keys), list(fields))  # type: ignore[no-any-return]  # as the client gave it

    def page(
        self, object: str, cursor: str = "", since: datetime | None = None, filters: Mapping[str, str] | None = None
    ) -> Page:
        return self._answer("page", object, cursor, since, filters)  # type: ignore[no-any-return]  # as the client gave it

    def ask(self) -> bool:
        """Ask the vendor what was wanted last. False when nothing was."""
        if self._question is None:
            return False
        key, name, arguments = self._question
        self._question = None
        try:
            answer = getattr(self.client, name)(*arguments)
            self._answers[key] = list(answer) if name == "look_up" else answer
        except CrosswalkError as error:
            self._answers[key] = error
        return True

    def _answer(self, name: str, *arguments: Any) -> Any:
        key = json.dumps([name, arguments], sort_keys=True, default=str)
        if key not in self._answers:
            self._question = (key, name, arguments)
            raise NotAskedYet
        answer = self._answers[key]
        if isinstance(answer, CrosswalkError):
            raise answer
        return deepcopy(answer)


class Stage(Workshop):
    """A workshop whose clients answer from memory."""

    def client(self, name: str) -> Client:
        if name not in self.clients:
            journal = Counting(self.holding)
            self.clients[name] = Remembering(open_client(self.connections[name], journal, self.lane), journal)
        return self.clients[name]

    def remembering(self) -> dict[str, Remembering]:
        return {name: client for name, client in self.clients.items() if isinstance(client, Remembering)}


def rehearse(connection: Connection, events: Sequence[Event], holding: Holding) -> Outcome:
    """Plan these events together, as one batch of the real run. Raises TransientError when none could be read."""
    began, rules, shop = time.monotonic(), load_rules(connection), open_workshop("bulk", {})
    reader, stage = Counting(holding), Stage(shop.connections, shop.mappings, "bulk", shop.pairs, holding)
    shop.clients[connection.name] = open_client(connection, reader, "bulk")
    cases = _readable(open_cases(connection, rules, events, shop))
    _know_fields(cases, stage)
    planned = _planned(connection, rules, cases, stage)
    outcome = Outcome(len(cases), _ends(planned))
    outcome.calls[connection.name, "reads"] += reader.calls
    for name, client in stage.remembering().items():
        outcome.calls[name, "look_ups"] += client.journal.calls
    outcome.calls.update(_writes(planned, stage))
    outcome.seconds = time.monotonic() - began
    return outcome


def _readable(cases: Sequence[Case]) -> list[Case]:
    """Without those whose record a slow vendor did not give in time; the real run reads them in its next round."""
    late = [case for case in cases if isinstance(case.problem, TransientError)]
    if late and len(late) == len(cases):
        assert late[0].problem is not None
        raise late[0].problem
    return [case for case in cases if not isinstance(case.problem, TransientError)]


def _know_fields(cases: Sequence[Case], stage: Stage) -> None:
    """What the targets' fields are is kept for the real run, and costs it nothing."""
    mappings = {action.mapping for case in cases for rule in case.rules for action in rule.actions if action.mapping}
    for spec, _version in (stage.mappings[name] for name in mappings):
        connection = stage.connections[spec.target_connection]
        schema_of(connection, spec.target_object, open_client(connection, lane="bulk"))


def _planned(connection: Connection, rules: Sequence[RuleSpec], cases: Sequence[Case], stage: Stage) -> list[Case]:
    for _question in range(MOST_QUESTIONS):
        fresh = [Case(c.event, list(c.rules), c.record, c.complete, reasons=list(c.reasons)) for c in cases]
        try:
            with transaction.atomic():
                intend(connection, rules, fresh, stage)
                transaction.set_rollback(True)
            return fresh
        except NotAskedYet:
            asked = [client.ask() for client in stage.remembering().values()]
            assert any(asked)
    raise RuntimeError("A rehearsal asks without end.")


def _ends(cases: Sequence[Case]) -> Counter[str]:
    """How many records end how; `opted_out` are among the others, and are told apart once more."""
    ends = Counter(_end(case) for case in cases)
    people = [case.person for case in cases if case.person]
    ends["opted_out"] = len(open_opt_outs(person.pk for person in people))
    return ends


def _end(case: Case) -> str:
    if case.questions or any(change.state == ChangeState.HELD for change in case.changes):
        return "conflict"
    if case.problem is not None:
        return "failed"
    if not case.changes:
        return "left"
    return "created" if any(map(_makes_one, case.changes)) else "changed"


def _makes_one(change: Change) -> bool:
    return change.kind == Kind.CONTACT and not change.record_id and change.depends_on_id is None


def _writes(cases: Sequence[Case], stage: Stage) -> Counter[tuple[str, str]]:
    changes: dict[str, list[Change]] = {}
    for change in (change for case in cases for change in case.changes):
        changes.setdefault(change.connection.name, []).append(change)
    return Counter({(name, "writes"): calls_for(stage.connections[name], mine) for name, mine in changes.items()})
