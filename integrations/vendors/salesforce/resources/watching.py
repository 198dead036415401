"""Looks at what changed in an org: pages by SystemModstamp and Id, going back a little for what is seen late (§4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from ...base import Glance, Look, Record
from ...errors import FieldHidden, Unsupported
from ...payloads import read_time
from .news import OBJECTS, WATCHED_FIELDS, merged_into, news_of
from .queries import Queries, literal, moment

ROWS = 500  # of one look: so many are remembered in one go
OVERLAP = timedelta(minutes=10)  # a row can become visible after younger ones: salesforce.md §4 has 5 to 10 minutes
DESCRIBED_FOR = timedelta(days=1)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MERGES = 5  # a record that was merged into one that was merged into …


@dataclass(frozen=True)
class Place:
    """Where a watch is. Stamps are Salesforce's own times; what ends with `_at` is by our clock.

    `since`: where watching began. `stamp` and `id`: the newest row when the last pass ended. `pass_…`: the last row of
    a pass that goes on. `settled`: nothing older can appear any more, so a pass begins after the newest row.
    """

    since: str
    stamp: str
    found_at: str
    fields: tuple[str, ...]
    described_at: str
    id: str = ""
    pass_at: str = ""
    pass_stamp: str = ""
    pass_id: str = ""
    settled: bool = False

    @property
    def text(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value})


class Watching:
    def __init__(self, queries: Queries) -> None:
        self.queries = queries

    def glance(self, look: Look) -> Glance:
        """At most one page. The first look only finds out where to begin."""
        object = OBJECTS.get(look.key)
        if object is None:
            raise Unsupported(f"Salesforce has no watch {look.key}.")
        if not look.cursor:
            return Glance((), self._begin(object, look.now).text)
        facts = json.loads(look.cursor)
        place = Place(**{**facts, "fields": tuple(facts["fields"])})
        if _time(place.described_at) + DESCRIBED_FOR < look.now:
            place = self._described(object, place, look.now)
        return self._page(object, place, look)

    def _page(self, object: str, place: Place, look: Look) -> Glance:
        try:
            rows = self._rows(object, place)
        except FieldHidden:  # somebody took it from us since it was described
            place = self._described(object, place, look.now)
            rows = self._rows(object, place)
        states = look.recall(object, [str(row["Id"]) for row in rows])
        masters = self._masters(object, rows)
        news = [news_of(object, _with_master(row, masters), states.get(str(row["Id"])), place.since) for row in rows]
        return Glance(
            [notice for notices, _state in news for notice in notices],
            _after(place, rows, look.now).text,
            more=len(rows) >= ROWS,
            states={(object, str(row["Id"])): state for row, (_notices, state) in zip(rows, news, strict=True)},
        )

    def _begin(self, object: str, now: datetime) -> Place:
        """After the newest record that there is; where there is none yet, everything is news."""
        newest = f"SELECT Id, SystemModstamp FROM {object} ORDER BY SystemModstamp DESC, Id DESC LIMIT 1"
        row = next(self.queries.rows(newest, deleted=True), {})
        stamp = moment(_time(row.get("SystemModstamp")))
        since = stamp if row else moment(now - OVERLAP)
        place = Place(since, stamp, moment(now), (), "", id=str(row.get("Id") or ""))
        return self._described(object, place, now)

    def _described(self, object: str, place: Place, now: datetime) -> Place:
        """With the fields that exist and that we may see."""
        there = {str(field["name"]) for field in self.queries.describe(object, fresh=True)}
        wanted = tuple(name for name in WATCHED_FIELDS[object] if name in there)
        return replace(place, fields=wanted, described_at=moment(now))

    def _rows(self, object: str, place: Place) -> list[Record]:
        """Deleted ones too: a query of its own for them would be a second call for each look."""
        soql = f"SELECT {', '.join(place.fields)} FROM {object} WHERE {_start(place)}"
        return list(self.queries.rows(f"{soql} ORDER BY SystemModstamp, Id LIMIT {ROWS}", deleted=True))

    def _masters(self, object: str, rows: Sequence[Record]) -> dict[str, str]:
        """What the records that were merged live on as, however often those were merged themselves."""
        masters: dict[str, str] = {}
        asked = {merged_into(row) for row in rows} - {""}
        for _step in range(MOST_MERGES):
            if not asked:
                break
            among = ",".join(map(literal, sorted(asked)))
            soql = f"SELECT Id, IsDeleted, MasterRecordId FROM {object} WHERE Id IN ({among})"
            further = {str(row["Id"]): merged_into(row) for row in self.queries.rows(soql, deleted=True)}
            masters.update({id_: master for id_, master in further.items() if master})
            asked = set(further.values()) - {""} - masters.keys()
        return masters


def _start(place: Place) -> str:
    """Where the next page begins: after the last row, or at the begin of a pass a little before the newest one."""
    if place.pass_id:
        return _after_row(place.pass_stamp, place.pass_id)
    if place.settled and place.id:
        return _after_row(place.stamp, place.id)
    return f"SystemModstamp >= {moment(max(_time(place.stamp) - OVERLAP, BEFORE_ALL))}"


def _after_row(stamp: str, id: str) -> str:
    return f"((SystemModstamp = {stamp} AND Id > {literal(id)}) OR SystemModstamp > {stamp})"


def _after(place: Place, rows: Sequence[Record], now: datetime) -> Place:
    """The place after this page; a page that is not full ends the pass."""
    last = (moment(_time(rows[-1]["SystemModstamp"])), str(rows[-1]["Id"])) if rows else ("", "")
    begun = place.pass_at if place.pass_id else moment(now)
    if len(rows) >= ROWS:
        return replace(place, pass_at=begun, pass_stamp=last[0], pass_id=last[1])
    newest = last if rows else (place.pass_stamp, place.pass_id)
    place = replace(place, pass_at="", pass_stamp="", pass_id="")
    if newest[1] and newest != (place.stamp, place.id):
        return replace(place, stamp=newest[0], id=newest[1], found_at=moment(now), settled=False)
    return replace(place, settled=_time(begun) - _time(place.found_at) > OVERLAP)


def _with_master(row: Record, masters: Mapping[str, str]) -> Record:
    master = merged_into(row)
    for _step in range(MOST_MERGES):
        master = masters.get(master, master)
    return {**row, "MasterRecordId": master} if master else row


def _time(text: object) -> datetime:
    return read_time(text) or BEFORE_ALL
