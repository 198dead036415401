"""Watch "contacts": who is new, who changed, and, where somebody listens to it, who was tagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ...base import Glance, Look, Notice, Record
from ..client import PER_PAGE, Api, next_page
from .contacts import Contacts, elements_of, written
from .news import Sight, tag_notice
from .rounds import Place, States, begun, first_place, moment, place_of, rest_of
from .searches import SUBSCRIBED, has_tag, search

CREATED, CHANGED, TAGS = "createdOn", "changedOn", "tags"
TAG_EVENTS = frozenset({"contact.tagged", "contact.untagged"})
OVERLAP = timedelta(minutes=10)  # GetResponse's clock is not ours, and a change may show late (getresponse.md §2.1)
SWEEP = timedelta(hours=6)  # nowhere is it said that a tag moves changedOn (§10), so all tags are compared as well
DETAILS = 50  # a contact's tags cost one call: so many fit into the 80 of a second, opt-outs beside them
SECOND = timedelta(seconds=1)


class ChangedContacts:
    """A round lists who was created, then who was changed; a contact never changed may have no changedOn."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.contacts = Contacts(api)

    def look(self, look: Look) -> Glance:
        if not look.cursor:
            return begun(first_place(look), look, [TAGS] if wants_tags(look) else []).glance()
        place = place_of(look)
        if not wants_tags(look):
            place = replace(place, swept="")
        place = begun(place, look, steps_of(place, look))
        return self._compare_tags(look, place) if place.steps[0] == TAGS else self._list(look, place)

    def _list(self, look: Look, place: Place) -> Glance:
        size = DETAILS if wants_tags(look) else PER_PAGE
        records, following = self._page(place, size)
        sights = self._sights(look, place, records)
        notices = _wanted([notice for sight in sights for notice in sight.news()], look)
        states: States = {("contact", sight.id): sight.state() for sight in sights if sight.state() != sight.before}
        return (advanced(place, records) if following else place.finished()).glance(notices, states)

    def _page(self, place: Place, size: int) -> tuple[list[Record], int]:
        """One page, by when its contacts were created: rows that leave meanwhile then move no others out of sight."""
        border = written(moment(place.before) - OVERLAP)
        query = {f"query[{place.steps[0]}][from]": border} | (
            {"query[createdOn][from]": place.after} if place.after else {}
        )
        paging = [("sort[createdOn]", "ASC"), ("page", str(place.page)), ("perPage", str(size))]
        answer = self.api.get("contacts", [*query.items(), *paging])
        records = [record for record in elements_of(answer.json) if record.get("contactId")]
        return records, next_page(answer, place.page, len(records), size)

    def _sights(self, look: Look, place: Place, records: Sequence[Record]) -> list[Sight]:
        """In full where tags count. Who is gone in the meantime is left to the watch of removals."""
        known = look.recall("contact", [str(record["contactId"]) for record in records])
        sights = [Sight(record, known.get(str(record["contactId"]), {}), place) for record in records]
        if not wants_tags(look):
            return sights
        fresh = [sight for sight in sights if not sight.is_known]
        full = self.contacts.read([sight.id for sight in fresh])
        return [replace(sight, record=full[sight.id]) for sight in fresh if sight.id in full]

    def _compare_tags(self, look: Look, place: Place) -> Glance:
        """One page of who has a tag. The first time it is only learnt, from then on it is news."""
        names = {str(tag["tagId"]): str(tag.get("name") or "") for tag in self.api.pages("tags") if tag.get("tagId")}
        rest = rest_of(list(names), place.after)
        if not rest:
            return replace(place, swept=place.start).finished().glance()
        tag_id, page = rest[0], place.page if rest[0] == place.after else 1
        found, more = search(self.api, SUBSCRIBED, [has_tag(tag_id)], page)
        known = look.recall("contact", [str(record["contactId"]) for record in found])
        fresh = [r for r in found if tag_id not in known.get(str(r["contactId"]), {}).get("tags", {})]
        states = {("contact", str(r["contactId"])): _with_tag(known, r, tag_id, names[tag_id]) for r in fresh}
        notices = [tag_notice(record, tag_id, names[tag_id], place.start) for record in fresh] if place.swept else []
        return _after_tag(place, rest, page, more).glance(_wanted(notices, look), states)


def wants_tags(look: Look) -> bool:
    return bool(TAG_EVENTS & look.wanted)


def steps_of(place: Place, look: Look) -> list[str]:
    """Tags are learnt before anything is compared with them, and later compared now and then."""
    if wants_tags(look) and not place.swept:
        return [TAGS, CREATED, CHANGED]
    due = wants_tags(look) and look.now - moment(place.swept) >= SWEEP
    return [CREATED, CHANGED, *([TAGS] if due else [])]


def advanced(place: Place, records: Sequence[Record]) -> Place:
    """The next page begins a second before this one's last contact, or is the next one of that second."""
    last = moment(records[-1].get("createdOn")) - SECOND
    if last > moment(place.after):
        return replace(place, after=written(last), page=1)
    return replace(place, page=place.page + 1)


def _after_tag(place: Place, rest: Sequence[str], page: int, more: bool) -> Place:
    if more:
        return replace(place, after=rest[0], page=page + 1)
    if len(rest) > 1:
        return replace(place, after=rest[1], page=1)
    return replace(place, swept=place.start).finished()


def _with_tag(known: dict[str, Record], record: Record, tag_id: str, name: str) -> Record:
    state = known.get(str(record["contactId"]), {})
    return {**state, "tags": {**state.get("tags", {}), tag_id: name}}


def _wanted(notices: Sequence[Notice], look: Look) -> list[Notice]:
    return [notice for notice in notices if notice.type in look.wanted]
