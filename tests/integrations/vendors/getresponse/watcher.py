"""Looks at one watch as the engine does: the cursor goes on, states are kept, a repeated notice is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integrations.vendors.base import Client, Glance, Look, Notice, Record

MOST_LOOKS = 200


@dataclass
class Watcher:
    client: Client
    key: str
    wanted: frozenset[str]
    now: datetime
    cursor: str = ""
    states: dict[tuple[str, str], Record] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    looks: int = 0

    def look(self) -> Glance:
        """One look; nothing of it is kept."""
        return self.client.watch(Look(self.key, self.cursor, self.now, self.wanted, self._recall))

    def round(self, **later: float) -> list[Notice]:
        """What a whole round tells that was not told before, so much later than the last one."""
        self.now += timedelta(**later)
        news: list[Notice] = []
        for _ in range(MOST_LOOKS):
            glance = self.look()
            self.looks += 1
            self.cursor, self.states = glance.cursor, {**self.states, **glance.states}
            news += [n for n in glance.notices if n.vendor_event_id not in self.told]
            self.told |= {n.vendor_event_id for n in glance.notices}
            if not glance.more:
                return news
        raise AssertionError("The round has no end.")

    def _recall(self, object: str, ids: Sequence[str]) -> dict[str, Record]:
        return {id: self.states[object, id] for id in ids if (object, id) in self.states}


def told(notices: Sequence[Notice]) -> list[tuple[str, str]]:
    """(type, address) of each, in order of the alphabet."""
    return sorted((notice.type, notice.email) for notice in notices)
