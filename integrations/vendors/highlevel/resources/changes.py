"""Watch "contacts": who is new, who changed, and, where somebody listens to it, who was tagged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ...base import Glance, Look, Record
from ..fields import iso
from .contacts import Contacts, condition
from .news import ContactSight
from .rounds import Place, States, begun, moment, place_of, wanted

CREATED, CHANGED, ALL = "dateAdded", "dateUpdated", "all"
TAG_EVENTS = frozenset({"contact.tagged", "contact.untagged"})
OVERLAP = timedelta(minutes=10)  # HighLevel's clock is not ours, and its index lags (highlevel.md §2.2)
SWEEP = timedelta(hours=12)  # nowhere is it said that a tag moves dateUpdated (§9), so all tags are compared as well


class ChangedContacts:
    """A round lists who was made, then who was changed; one that was never changed may have no dateUpdated."""

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts

    def look(self, look: Look) -> Glance:
        place = place_of(look)
        if not wants_tags(look):
            place = replace(place, swept="")
        if not look.cursor:
            first = [ALL] if wants_tags(look) else []
            return (begun(place, look, first) if first else replace(place, before=place.since)).glance()
        place = begun(place, look, steps_of(place, look))
        return self._list(look, place)

    def _list(self, look: Look, place: Place) -> Glance:
        page = self.contacts.listing(conditions_of(place), sort_of(place), json.loads(place.after or "null"))
        sights = self._sights(look, place, page.records)
        notices = [notice for sight in sights for notice in sight.news()]
        states: States = {("contact", s.id): s.state() for s in sights if s.state() != s.before}
        following = place.later(page.cursor)
        if place.steps[0] == ALL and not page.cursor:
            following = replace(following, swept=place.start)
        return following.glance(wanted(notices, look), states)

    def _sights(self, look: Look, place: Place, records: Sequence[Record]) -> list[ContactSight]:
        known = look.recall("contact", [str(record["id"]) for record in records])
        return [ContactSight(r, known.get(str(r["id"]), {}), place, wants_tags(look)) for r in records]


def wants_tags(look: Look) -> bool:
    return bool(TAG_EVENTS & look.wanted)


def steps_of(place: Place, look: Look) -> list[str]:
    """Tags are learnt before anything is compared with them, and later compared now and then."""
    if wants_tags(look) and not place.swept:
        return [ALL, CREATED, CHANGED]
    due = wants_tags(look) and look.now - moment(place.swept) >= SWEEP
    return [CREATED, CHANGED, *([ALL] if due else [])]


def sort_of(place: Place) -> str:
    return CREATED if place.steps[0] == ALL else place.steps[0]


def conditions_of(place: Place) -> list[Record]:
    step = place.steps[0]
    if step == ALL:
        return []
    border = moment(place.before or place.since) - OVERLAP
    return [condition(step, {"gte": iso(border)}, "range")]
