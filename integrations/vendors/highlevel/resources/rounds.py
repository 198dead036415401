"""Where a watch is in its round: the cursor, as a small JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ...base import Glance, Look, Notice, Record
from ...payloads import read_time
from ..fields import iso

States = dict[tuple[str, str], Record]
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """One place in a round. Moments are by our clock, and written as HighLevel writes them."""

    since: str  # when the watch began: what happened before is no news
    before: str = ""  # when the last round that came to its end began; "" while everything is still learnt
    start: str = ""  # when this round began
    steps: Sequence[str] = ()  # what is still to be listed; the first is under way
    after: str = ""  # how far its listing has come
    swept: str = ""  # when everything was compared last; "" never
    learnt: Sequence[str] = ()  # lists that were gone through once, so that what is new on them is news

    def later(self, after: str) -> Place:
        """The place after one page: further on, or at the end of this step where there is no more."""
        if after:
            return replace(self, after=after)
        before = self.before if self.steps[1:] else self.start
        return replace(self, before=before, steps=self.steps[1:], after="")

    def glance(self, notices: Sequence[Notice] = (), states: States | None = None) -> Glance:
        """What was found, with this place as the next cursor."""
        said = {name: value for name, value in asdict(self).items() if value}
        return Glance(notices, json.dumps(said, separators=(",", ":")), bool(self.steps), states or {})


def place_of(look: Look) -> Place:
    return Place(**json.loads(look.cursor)) if look.cursor else Place(iso(look.now))


def begun(place: Place, look: Look, steps: Sequence[str]) -> Place:
    """The place itself while a round is under way, else the start of the next one."""
    return place if place.steps else replace(place, start=iso(look.now), steps=tuple(steps))


def moment(text: Any) -> datetime:
    """A moment of a cursor or a record, also as milliseconds; the earliest one there is when it cannot be read."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = datetime.fromtimestamp(text / 1000, UTC).isoformat()
    return read_time(text) or EARLIEST


def wanted(notices: Sequence[Notice], look: Look) -> list[Notice]:
    return [notice for notice in notices if notice.type in look.wanted]
