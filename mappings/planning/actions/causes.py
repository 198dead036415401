"""What made a number go up: the same cause, told twice, counts once.

An event that says when it happened is the same whenever it is told again; one that does not is its own cause, for the
inbox takes it once. A tag that is put on somebody is on them until it is taken off, so that two reports of the same tag
of the same record within a short time are one: a vendor may push it, and we may see it when we look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.ledger import identity_of
from audit.models import Change
from integrations.ids import first_id
from integrations.models import Connection, Event, EventSource

from ..case import Case, Step
from ..twins import TAGGINGS, WINDOW

NEAR = WINDOW  # between two reports of one tagging, and less than anybody tags anew


@dataclass(frozen=True)
class Cause:
    """What happened, to what of whom, and when. `compared` is how its time is: near, exactly, or event: not at all."""

    what: str
    of: str
    at: datetime
    compared: str
    event: str

    def facts(self) -> dict[str, str]:
        """As a change's params keep it."""
        return {"what": self.what, "of": self.of, "at": self.at.isoformat()}

    def is_that_of(self, facts: Mapping[str, Any]) -> bool:
        """Nearly the same time; what is of the same key is told by its key."""
        same = self.compared == "near" and (facts.get("what"), facts.get("of")) == (self.what, self.of)
        return same and abs(datetime.fromisoformat(facts["at"]) - self.at) <= NEAR

    def key(self) -> str:
        """Two workers at once make one key of what is nearly the same, but for a moment between two of these spans."""
        span = str(self.at.timestamp() // NEAR.total_seconds())
        when = {"near": span, "exactly": self.at.isoformat(), "event": self.event}[self.compared]
        return identity_of(self.what, self.of, when)


def cause_of(case: Case) -> Cause:
    event = _origin(case.event)
    tag = _tag(event.context) if event.type in TAGGINGS else ""
    compared = "near" if tag else "exactly" if event.occurred_at != event.received_at else "event"
    said = tag or json.dumps(event.context, sort_keys=True)
    of = identity_of(event.connection_id, event.object, event.record_id, said)
    return Cause(event.type, of, event.occurred_at, compared, event.id)


def _origin(event: Event) -> Event:
    """A replay tells of what happened once."""
    while event.source == EventSource.REPLAY and event.replay_of is not None:
        event = event.replay_of
    return event


def _tag(context: Mapping[str, Any]) -> str:
    """By its id, else by its name."""
    tag = context.get("tag")
    if isinstance(tag, Mapping):
        tag = tag.get("tagId") or tag.get("id") or tag.get("name")
    return str(tag or "").strip().casefold()


def counted_before(
    step: Step, connection: Connection, causes: Sequence[tuple[Case, Cause]]
) -> dict[str, list[dict[str, Any]]]:
    """By person: the causes for which this rule has raised this field already, as far as they may be these again."""
    if not causes:
        return {}
    since = min(cause.at for _case, cause in causes) - NEAR
    rows = Change.objects.filter(
        person__in=[case.person for case, _cause in causes if case.person],
        id__gte=first_id(since),
        connection=connection,
        rule=step.rule.name,
        operation=step.action.name,
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for person_id, params in rows.values_list("person_id", "params"):
        if params.get("field") == step.params["field"]:
            found.setdefault(str(person_id), []).append(params.get("cause", {}))
    return found


def known_identities(changes: Iterable[Change]) -> set[str]:
    rows = Change.objects.filter(identity__in=[change.identity for change in changes])
    return set(filter(None, rows.values_list("identity", flat=True)))
