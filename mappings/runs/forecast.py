"""What a backfill will do and cost, before anything moves: the listing's total, and a rehearsal of its first records.

A few records are rehearsed all; of many the first two batches, from which the rest is estimated. One batch is a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import ceil, sqrt
from typing import Any

from django.conf import settings

from audit.models import Brake
from integrations.clients import open_client
from integrations.leases import Holding
from integrations.models import Connection, EventSource
from integrations.vendors.base import Client, Record
from integrations.vendors.errors import RecordError

from ..models import Rule, Run
from ..planning.planner import CLAIM
from ..planning.rules import open_workshop
from . import costs
from .nights import HOURS
from .rehearsal import Counting, Outcome, rehearse
from .sources import event_of, filters_of, id_field, source_object

ALL_UP_TO = 500  # records that are all rehearsed
SAMPLE = 2 * CLAIM
ENDS = ("created", "changed", "left", "conflict", "failed", "opted_out")
PURPOSES = ("pages", "reads", "look_ups", "writes")
CONFIDENCE = 1.96  # standard deviations: in 95 of 100 cases it is within the margin
RULE_OF_THREE = 3  # what never happened in n cases happens in less than 3 of n


@dataclass
class Draft:
    """How far the rehearsal is."""

    seen: int = 0  # records of the listing that were taken up
    records: int = 0  # of these, those that could be planned
    ends: dict[str, int] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)  # by connection, then purpose
    seconds: float = 0.0

    def add(self, taken: int, outcome: Outcome) -> None:
        self.seen, self.records = self.seen + taken, self.records + outcome.records
        self.ends = dict(Counter(self.ends) + outcome.ends)
        for (name, purpose), calls in outcome.calls.items():
            mine = self.calls.setdefault(name, {})
            mine[purpose] = mine.get(purpose, 0) + calls
        self.seconds += outcome.seconds


@dataclass(frozen=True)
class Listing:
    """The beginning of what is to be read."""

    records: list[Record]
    total: int | None  # None where the vendor does not say
    page: int  # records in a page


def is_ready(plan: Mapping[str, Any] | None) -> bool:
    return bool(plan) and "draft" not in (plan or {})


def rehearse_further(run: Run, rule: Rule, since: Any) -> dict[str, Any]:
    """The plan a batch further: a draft, or complete. Calls vendors; writes nothing that stays."""
    draft = Draft(**(run.plan or {}).get("draft", {}))
    holding = Holding(Run.objects.filter(pk=run.pk, lease=run.lease))
    listing = _list(rule, since, ALL_UP_TO, holding)
    total = _wanted(listing, run.scope.get("limit"))
    most = total if total is not None and total <= ALL_UP_TO else SAMPLE
    records = listing.records[draft.seen : min(most, draft.seen + CLAIM)]
    if records:
        events = [event_of(run, rule, record, EventSource.BACKFILL) for record in records]
        draft.add(len(records), rehearse(rule.connection, events, holding))
        return {"draft": asdict(draft)}
    return _plan(rule, draft, listing, total)


def _wanted(listing: Listing, limit: int | None) -> int | None:
    """How many records it is about; None where nobody knows."""
    if listing.total is None:
        return limit if limit and limit <= len(listing.records) else None
    return min(listing.total, limit or listing.total)


def _list(rule: Rule, since: Any, wanted: int, holding: Holding) -> Listing:
    """At least as many records as are wanted, where there are; each once."""
    client = open_client(rule.connection, Counting(holding), "bulk")
    object, filters, own_id = source_object(rule), filters_of(rule), id_field(rule.connection, source_object(rule))
    page = client.page(object, "", since, filters)
    records = {str(record[own_id]): record for record in page.records}
    size, total = max(1, len(records)), page.total
    if total is None:
        total = client.count(object, since, filters) if page.cursor else len(records)
    while page.cursor and len(records) < wanted:
        page = client.page(object, page.cursor, since, filters)
        records |= {str(record[own_id]): record for record in page.records}
    return Listing(list(records.values()), total, size)


def _plan(rule: Rule, draft: Draft, listing: Listing, known: int | None) -> dict[str, Any]:
    total = draft.records if known is None else known
    everything = draft.records >= total
    calls = {name: _scaled_calls(mine, draft, total, everything) for name, mine in draft.calls.items()}
    calls.setdefault(rule.connection.name, {})["pages"] = max(1, ceil(total / listing.page))
    connections = Connection.objects.in_bulk(calls, field_name="name")
    lines = [_line(connections[name], mine) for name, mine in sorted(calls.items())]
    pace = draft.seconds / draft.records * total / costs.HOUR if draft.records else 0.0
    lasting = max([pace, *(line["hours"] for line in lines)])
    source = {"connection": rule.connection.name, "object": source_object(rule), "records": listing.total}
    return {
        "rule": rule.name,
        "records": known,
        "source": source,
        "targets": _targets(rule),
        "sample": {"records": draft.records, "all": everything},
        "counts": {end: _estimate(draft.ends.get(end, 0), draft.records, total, everything) for end in ENDS},
        "calls": lines,
        "hours": round(lasting, 2),
        "nights": max([ceil(pace / HOURS), 1, *(line["nights"] for line in lines)]),
        "brake": settings.BRAKE_PER_HOUR.get(Brake.CREATE),
    }


def _scaled_calls(mine: Mapping[str, int], draft: Draft, total: int, everything: bool) -> dict[str, int]:
    """A batch of the rehearsal holds what one of the real run does, so all calls grow with the records."""
    if everything or not draft.records:
        return dict(mine)
    return {purpose: ceil(calls * total / draft.records) for purpose, calls in mine.items()}


def _line(connection: Connection, calls: Mapping[str, int]) -> dict[str, Any]:
    windows, total = costs.limits_of(connection), sum(calls.values())
    return {
        "connection": connection.name,
        **{purpose: calls.get(purpose, 0) for purpose in PURPOSES},
        "total": total,
        "day_percent": costs.day_percent(total, windows),
        "hours": round(costs.hours(total, windows), 2),
        "nights": costs.nights(total, windows),
    }


def _estimate(seen: int, sample: int, total: int, everything: bool) -> dict[str, int]:
    """How many of all, and by how many that may be wrong."""
    if everything or not sample:
        return {"n": seen, "margin": 0}
    share = seen / sample
    unsure = CONFIDENCE * sqrt(share * (1 - share) / sample) if 0 < share < 1 else RULE_OF_THREE / sample
    return {"n": round(share * total), "margin": ceil(unsure * total)}


def _targets(rule: Rule) -> list[dict[str, Any]]:
    """How many records each target has now; None where its vendor does not say."""
    shop = open_workshop("bulk", {})
    names = [action["mapping"] for entry in rule.actions for action in entry.values() if "mapping" in action]
    specs = [shop.mappings[name][0] for name in dict.fromkeys(names) if name in shop.mappings]
    places = dict.fromkeys((spec.target_connection, spec.target_object) for spec in specs)
    return [
        {"connection": name, "object": object, "records": _count(shop.client(name), object)} for name, object in places
    ]


def _count(client: Client, object: str) -> int | None:
    try:
        return client.count(object)
    except RecordError:
        return None
