"""Watch "opt_outs": who must not be reached, channel by channel, and who may not write to us any more.

HighLevel tells of the first by webhook, and of what comes in never (highlevel.md §2.6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ...base import Glance, Look, Notice, Record
from ..fields import ALL, CHANNELS
from .contacts import Contacts, condition
from .news import contact_notice
from .rounds import Place, States, begun, place_of, wanted

INBOUND = "inbound"
STOPS = ("active", "permanent")
EVENTS = {INBOUND: "contact.updated"}  # no stop of the person: whoever uses HighLevel lets nothing more of theirs in
# What can be asked for, by our channel; WhatsApp cannot (§2.2). One list each: a row may hold no dndSettings.
LISTS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    ALL: {"dnd": (True,)},
    "email": {"dndSettings.Email.status": STOPS},
    "sms": {"dndSettings.SMS.status": STOPS},
    "call": {"dndSettings.Call.status": STOPS},
    INBOUND: {"inboundDndSettings.all.status": ("active",)},
}


class StoppedContacts:
    """Who is on a list and was not there in the last round is news; what is on it the first time is only learnt."""

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts

    def look(self, look: Look) -> Glance:
        names = [name for name in LISTS if event_of(name) in look.wanted]
        place = begun(place_of(look), look, names)
        if not place.steps:
            return place.glance()
        place = replace(place, learnt=[name for name in place.learnt if name in names])
        page = self.contacts.listing([group_of(place.steps[0])], "dateAdded", json.loads(place.after or "null"))
        known = look.recall("contact", [str(record["id"]) for record in page.records])
        befores = [(record, known.get(str(record["id"]), {})) for record in page.records]
        notices = [_notice(record, place) for record, before in befores if _is_news(before, place)]
        states: States = {("contact", str(record["id"])): _seen(before, place) for record, before in befores}
        return _after(place, page.cursor).glance(wanted(notices, look), states)


def event_of(name: str) -> str:
    return EVENTS.get(name, "opt_out.changed")


def group_of(name: str) -> Record:
    filters = [condition(field, value) for field, values in LISTS[name].items() for value in values]
    return {"group": "OR", "filters": filters}


def _after(place: Place, cursor: str) -> Place:
    name = place.steps[0]
    is_learnt = not cursor and name not in place.learnt
    return replace(place.later(cursor), learnt=[*place.learnt, name] if is_learnt else place.learnt)


def _is_news(before: Mapping[str, str], place: Place) -> bool:
    name = place.steps[0]
    return name in place.learnt and before.get(name) not in (place.before, place.start)


def _seen(before: Mapping[str, str], place: Place) -> Record:
    """By list, the round in which the contact was on it last: who left it in between is news when they come back."""
    return {**before, place.steps[0]: place.start}


def _notice(record: Record, place: Place) -> Notice:
    name = place.steps[0]
    stopped = [ALL, *CHANNELS] if name == ALL else [name]
    context: Record = {"inboundDnd": True} if name == INBOUND else {"stopped": stopped}
    event_id = f"poll:{record['id']}:{name}:{place.start}"
    return contact_notice(event_of(name), record, event_id, place.start, context)
