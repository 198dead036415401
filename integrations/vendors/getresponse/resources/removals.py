"""Watch "removed": who left a list, and why. GetResponse reports few of the reasons, and lists all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...base import Glance, Look, Notice, Record
from ..client import Api
from ..webhooks import EVENT_TYPES
from .news import notice
from .rounds import begun, first_place, moment, place_of
from .searches import MOST_CONDITIONS, REMOVED, has_address, search

MARGIN = timedelta(days=1)  # a removal that shows late is still seen; what was told already is told under the same id
ADDRESSES = MOST_CONDITIONS * MOST_CONDITIONS  # one search takes so many


class Removals:
    def __init__(self, api: Api) -> None:
        self.api = api

    def look(self, look: Look) -> Glance:
        """One page. There is no filter by deletedOn, so each round looks through all (getresponse.md §2.4)."""
        if not look.cursor:
            return first_place(look).glance()
        place = begun(place_of(look), look, ["removed"])
        found, more = search(self.api, REMOVED, (), place.page)
        fresh = [record for record in found if moment(record.get("deletedOn")) >= moment(place.before) - MARGIN]
        notices = [removal_notice(record) for record in fresh]
        following = replace(place, page=place.page + 1) if more else place.finished()
        return following.glance([each for each in notices if each.type in look.wanted])

    def find(self, emails: Sequence[str]) -> dict[str, tuple[str, datetime | None]]:
        """(reason, when) of each address that was removed from a list, by the address as it was asked for.

        An address that left several lists has the reason that weighs most: a stop before anything else.
        """
        found = list(self._found(list(dict.fromkeys(email.strip().casefold() for email in emails if email.strip()))))
        found.sort(key=lambda record: (_is_stop(record), moment(record.get("deletedOn"))))
        by_address = {str(record.get("email") or "").strip().casefold(): record for record in found}
        told = {
            email: by_address[email.strip().casefold()] for email in emails if email.strip().casefold() in by_address
        }
        return {email: (str(r.get("reason") or ""), _deleted_on(r)) for email, r in told.items()}

    def _found(self, emails: Sequence[str]) -> Iterator[Record]:
        for start in range(0, len(emails), ADDRESSES):
            conditions = [has_address(email) for email in emails[start : start + ADDRESSES]]
            page, more = 1, True
            while more:
                found, more = search(self.api, REMOVED, conditions, page)
                yield from found
                page += 1


def removal_notice(record: Record) -> Notice:
    """The reason makes the type; one that GetResponse invents later says only that the contact left the list."""
    reason, when = str(record.get("reason") or ""), record.get("deletedOn")
    type = f"contact_removed_{reason}"
    event_id = f"poll:{record['contactId']}:{reason}:{when}"
    known = type if type in EVENT_TYPES else "contact_removed"
    return notice(known, record, event_id, when, reason=reason, deletedOn=when)


def _is_stop(record: Record) -> bool:
    return removal_notice(record).type == "contact.unsubscribed"


def _deleted_on(record: Record) -> datetime | None:
    return moment(record["deletedOn"]) if record.get("deletedOn") else None
