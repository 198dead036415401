"""Where a watch is in its round: the cursor, as a small JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from ...base import Glance, Look, Notice, Record
from ...payloads import read_time
from .contacts import written

States = dict[tuple[str, str], Record]


@dataclass(frozen=True)
class Place:
    """One place in a round. Moments are written as GetResponse writes them."""

    since: str  # when the watch began: what happened before is no news
    before: str  # when the last round began
    start: str = ""  # when this round began
    steps: Sequence[str] = ()  # what is still to be looked through; the first is under way
    after: str = ""  # how far the step has come: a contact's createdOn, a tag, a webinar
    page: int = 1
    swept: str = ""  # when all tags were compared last; "" never

    def finished(self) -> Place:
        """The place after this step; the round is over with its last one."""
        before = self.before if self.steps[1:] else self.start
        return replace(self, before=before, steps=self.steps[1:], after="", page=1)

    def glance(self, notices: Sequence[Notice] = (), states: States | None = None) -> Glance:
        """What was found, with this place as the next cursor."""
        said = {name: value for name, value in asdict(self).items() if value}
        return Glance(notices, json.dumps(said, separators=(",", ":")), bool(self.steps), states or {})


def first_place(look: Look) -> Place:
    return Place(written(look.now), written(look.now))


def place_of(look: Look) -> Place:
    return Place(**json.loads(look.cursor)) if look.cursor else first_place(look)


def begun(place: Place, look: Look, steps: Sequence[str]) -> Place:
    """The place itself while a round is under way, else the start of the next one."""
    return place if place.steps else replace(place, start=written(look.now), steps=tuple(steps))


def moment(text: object) -> datetime:
    """A moment of a cursor or a record; the earliest one there is when it cannot be read."""
    return read_time(text) or EARLIEST


EARLIEST = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


def rest_of(keys: Sequence[str], after: str) -> list[str]:
    """The keys from `after` on, in order: what came or went meanwhile disturbs nothing."""
    return [key for key in sorted(keys) if key >= after]
