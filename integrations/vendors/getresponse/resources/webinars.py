"""Watch "webinars": who registered for one, and who was there. GetResponse's own pages give totals only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...base import Glance, Look, Notice, Record
from ..client import Api
from .news import notice
from .rounds import Place, begun, moment, place_of, rest_of
from .searches import SUBSCRIBED, at_webinar, search

AHEAD, BEHIND = timedelta(days=30), timedelta(days=14)  # a webinar is looked at from so long before until so long after
JUST_OVER = timedelta(hours=24)  # at the first look, who was there until then is still news
CAME, STAYED_AWAY = "participated", "not_participated"
REGISTERED, ATTENDED = "webinar_registered", "webinar_attended"
ASKED = {REGISTERED: (CAME, STAYED_AWAY), ATTENDED: (CAME,)}  # registrants are those who came and those who did not


@dataclass(frozen=True)
class Question:
    """Who registered for one webinar, or who attended it."""

    webinar: Record
    what: str

    @property
    def key(self) -> str:
        return f"{self.webinar['webinarId']}:{self.what}"

    def notices(self, found: Sequence[Record]) -> Iterator[Notice]:
        webinar = {name: self.webinar.get(name) for name in ("webinarId", "name", "startsOn")}
        when = webinar["startsOn"] if self.what == ATTENDED else None  # when somebody registered, nobody says
        for record in found:
            yield notice(self.what, record, f"poll:{self.key}:{record['contactId']}", when, webinar=webinar)


class Webinars:
    def __init__(self, api: Api) -> None:
        self.api = api

    def look(self, look: Look) -> Glance:
        """One page of one question about one webinar."""
        place = begun(place_of(look), look, ["webinars"])
        asked = {question.key: question for question in self._questions(look, place)}
        rest = rest_of(list(asked), place.after)
        if not rest:
            return place.finished().glance()
        question, page = asked[rest[0]], place.page if rest[0] == place.after else 1
        conditions = [at_webinar(str(question.webinar["webinarId"]), each) for each in ASKED[question.what]]
        found, more = search(self.api, SUBSCRIBED, conditions, page)
        return _following(place, rest, page, more).glance(list(question.notices(found)))

    def _questions(self, look: Look, place: Place) -> Iterator[Question]:
        for webinar in self.api.pages("webinars"):
            starts = moment(webinar.get("startsOn"))
            if not webinar.get("webinarId") or not look.now - BEHIND <= starts <= look.now + AHEAD:
                continue
            if "webinar.registered" in look.wanted and starts >= moment(place.since):
                yield Question(webinar, REGISTERED)
            if "webinar.attended" in look.wanted and moment(place.since) - JUST_OVER <= starts <= look.now:
                yield Question(webinar, ATTENDED)


def _following(place: Place, rest: Sequence[str], page: int, more: bool) -> Place:
    if more:
        return replace(place, after=rest[0], page=page + 1)
    return replace(place, after=rest[1], page=1) if len(rest) > 1 else place.finished()
