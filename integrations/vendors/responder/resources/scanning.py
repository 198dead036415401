"""Watch "subscribers": everybody is listed once a day and compared with what was seen before.

Responder lists nothing by change (responder.md §3d), and a webhook that is switched off tells nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ...base import Glance, Look, Notice, Record
from ...errors import Unsupported
from ..fields import ID, LEVEL, SMS, STOPPED, identify, read_moment
from ..webhooks import stop
from .subscribers import OBJECT, Subscribers

KEY = "subscribers"
NAMED_BY_PEOPLE = "customFields"  # the same values as by number: a field that is renamed changes nobody
TYPES = {
    "new_subscriber": "contact.subscribed",
    "changed_subscriber": "contact.updated",
    "changed_address": "contact.email_changed",
    "bounced": "contact.undeliverable",
}


@dataclass(frozen=True)
class Place:
    """How far a round has come. In the first one everybody is only learnt: nothing is news yet."""

    round: str = ""  # when it began
    cursor: str = ""
    learnt: bool = False

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class Scan:
    def __init__(self, subscribers: Subscribers) -> None:
        self.subscribers = subscribers

    def look(self, look: Look) -> Glance:
        """One page."""
        if look.key != KEY:
            raise Unsupported(f"Responder Live has no watch {look.key}.")
        place = Place(**json.loads(look.cursor)) if look.cursor else Place()
        place = place if place.round else replace(place, round=look.now.isoformat())
        page = self.subscribers.page(place.cursor)
        known = look.recall(OBJECT, [record[ID] for record in page.records])
        sights = [Sight(record, known.get(record[ID]), place) for record in page.records]
        notices = [notice for sight in sights for notice in sight.news() if notice.type in look.wanted]
        states = {(OBJECT, sight.record[ID]): sight.state() for sight in sights if sight.state() != sight.before}
        after = replace(place, cursor=page.cursor) if page.cursor else Place(learnt=True)
        return Glance(notices, after.written(), bool(page.cursor), states)


@dataclass(frozen=True)
class Sight:
    """One subscriber as it is seen now, and what is remembered of it; None when it was never seen."""

    record: Record
    before: Mapping[str, Any] | None
    place: Place

    def state(self) -> Record:
        return {"hash": hash_of(self.record), "email": self.record["email"], "level": self.level, "sms": self.sms}

    @property
    def level(self) -> str:
        return str(self.record.get(LEVEL, ""))

    @property
    def sms(self) -> bool | None:
        return self.record.get(SMS)

    def news(self) -> Iterator[Notice]:
        """A stop comes first. Whoever is missing is told of by nobody: absence is no opt-out."""
        if self.before is None:
            yield from self._unseen() if self.place.learnt else ()
            return
        yield from self._stops(str(self.before.get("level") or ""), self.before.get("sms"))
        if self.before.get("email") != self.record["email"]:
            yield self._notice("changed_address", previousEmail=self.before.get("email"))
        if self.before.get("hash") != hash_of(self.record):
            yield self._notice("changed_subscriber")

    def _unseen(self) -> Iterator[Notice]:
        stopped = list(self._stops("", None))
        yield from stopped or [self._notice("new_subscriber", read_moment(self.record.get("created")))]

    def _stops(self, level: str, sms: Any) -> Iterator[Notice]:
        """What is new about who may be written to; a bounce is technical, and no statement (responder.md §3c)."""
        if self.level in STOPPED and level not in STOPPED:
            yield stop(self._notice("changed_subscriber"), "email", self.level)
        elif self.level == "bounced" and level != "bounced":
            yield self._notice("bounced")
        if self.sms and not sms:
            yield stop(self._notice("changed_subscriber"), "sms", "sms")

    def _notice(self, word: str, when: datetime | None = None, **context: Any) -> Notice:
        email, phone = identify(OBJECT, self.record)
        record_id = self.record[ID]
        return Notice(
            TYPES[word], word, OBJECT, record_id, {"type": word, "subscriber": self.record, **context},
            f"scan:{record_id}:{word}:{self.place.round}", when, self.record, context, email, phone,
        )  # fmt: skip


def hash_of(record: Record) -> str:
    told = {name: value for name, value in record.items() if name != NAMED_BY_PEOPLE}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]
