"""One event under planning, and what the actions of a rule are given to work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from audit.comparing import same_value
from audit.models import Change, Notification
from integrations.clients import ExchangeList, open_client
from integrations.conflicts import Question
from integrations.leases import Holding
from integrations.models import ConflictKind, Connection, Event, Link, Person
from integrations.vendors.base import Client, Found, Vendor
from integrations.vendors.errors import CrosswalkError
from integrations.vendors.registry import vendor

from ..conditions import Condition, holds
from ..moments import moment_in
from ..spec import HAPPENED_AT, ActionSpec, MappingSpec, RuleSpec
from ..transforms import Context

CREDIBLE = timedelta(days=1)  # by more than this no clock is behind: then it is the vendor's time that is wrong


@dataclass
class Case:
    """One event on its way to changes. `problem` means: look again later, or a person must look."""

    event: Event
    rules: list[RuleSpec]
    record: dict[str, Any]
    complete: bool = True  # the full record was read, or was not needed
    person: Person | None = None
    link: Link | None = None
    changes: list[Change] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)  # what people of the team are to be told
    reasons: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)  # records found on the way that need no write
    agreed: list[Link] = field(default_factory=list)  # known records whose snapshot was brought up to date
    questions: list[Question] = field(default_factory=list)  # only a human can say who, or which record, this is
    first_seen: list[tuple[Connection, Found]] = field(default_factory=list)  # targets that had no link
    is_late: bool = False  # the record was deleted before: only an opt-out of its person still counts
    problem: CrosswalkError | None = None

    def may_go_on(self, action: str, connection: str) -> bool:
        """Whether this action is planned now: an opt-out always, the rest where it depends on no open question."""
        if action == "opt_out":
            return True
        unclear = any(q.kind == ConflictKind.PEOPLE or str(q.connection) == connection for q in self.questions)
        return self.problem is None and not self.is_late and not unclear

    @property
    def kind(self) -> Vendor:
        return vendor(self.event.connection.vendor)

    @property
    def happened_at(self) -> datetime:
        """When the event happened: never before its record was made, though our own clock was behind then."""
        capability = self.kind.capabilities.object(self.event.object)
        stamp = moment_in(self.record.get(capability.made_field)) if capability and capability.made_field else None
        is_near = stamp is not None and stamp.at - self.event.occurred_at < CREDIBLE
        return max(self.event.occurred_at, stamp.at) if stamp is not None and is_near else self.event.occurred_at

    def lookup(self, path: str) -> tuple[bool, Any]:
        """A path of the record; what only the event knows is under the names the event uses, or under ours."""
        there, value = self.kind.path(self.record, path)
        if there and self._is_made_up(path, value):
            return True, None
        if not there and path == HAPPENED_AT:
            return True, self.happened_at.isoformat()
        return (there, value) if there else self.kind.path(self.event.context, path)

    def _is_made_up(self, path: str, value: Any) -> bool:
        """A fallback that we wrote there ourselves is not data: it never travels back."""
        link = self.link
        return link is not None and path in link.synthetic and same_value(value, link.snapshot.get(path))

    def context(self) -> Context:
        options = self.event.connection.options or {}
        return Context(self.record, self.lookup, options.get("phone_region", ""), options.get("timezone", "UTC"))

    def holds(self, condition: Condition | None) -> bool:
        return condition is None or holds(condition, self.lookup, timezone=self.context().timezone)


@dataclass
class Workshop:
    """What one batch shares: connections by name, published mappings, and one client per connection."""

    connections: Mapping[str, Connection]
    mappings: Mapping[str, tuple[MappingSpec, int]]
    lane: str
    pairs: frozenset[tuple[str, str, str, str]] = frozenset()  # (from connection, object, to connection, object)
    holding: Holding | None = None  # the events that are planned
    run_id: str = ""  # what the calls are counted for
    clients: dict[str, Client] = field(default_factory=dict)

    def is_two_way(self, spec: MappingSpec) -> bool:
        """Whether another mapping in force goes the opposite way."""
        back = (spec.target_connection, spec.target_object, spec.source_connection, spec.source_object)
        return back in self.pairs

    def client(self, name: str) -> Client:
        if name not in self.clients:
            journal = ExchangeList(self.holding)
            self.clients[name] = open_client(self.connections[name], journal, self.lane, self.run_id)
        return self.clients[name]


@dataclass(frozen=True)
class Step:
    """One action of one rule, for the cases in which the rule applies."""

    rule: RuleSpec
    action: ActionSpec
    position: int
    shop: Workshop

    @property
    def params(self) -> Mapping[str, Any]:
        return self.action.params
