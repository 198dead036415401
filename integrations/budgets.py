"""What a connection may still spend of its vendor's rate limits, shared by every worker.

Each window is counted in slots of a twentieth of its length. A call is allowed when the calls of the last twenty-one
slots, which cover more than the window, stay within the limit: in any stretch of that length there are never more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any

from django.db import transaction
from django.db.models import F

from . import clock
from .models import BudgetWindow, CallCount, Connection
from .vendors.errors import BudgetUsedUp

_SLOTS = 20
_FRESH = 15.0
_BELIEVED = 300.0  # seconds that the vendor's word about what remains is believed
# What a lane leaves of each window to the others: everything leaves a tenth to opt-outs, and what a run does to many
# records leaves live traffic its part.
RESERVES = {"optouts": 0.0, "events": 0.1, "bulk": 0.3}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PER = re.compile(r"^(\d+)\s*([smhd])$")
Windows = tuple[tuple[int, timedelta], ...]


def seconds_of(per: str) -> int:
    """'10s' → 10, '1h' → 3600. Raises ValueError with a plain sentence."""
    match = _PER.match(str(per).strip())
    if not match or int(match[1]) == 0:
        raise ValueError(f"'{per}' is not a length of time. Write a number and s, m, h or d, for example 10s or 1h.")
    return int(match[1]) * _UNITS[match[2]]


def windows_of(connection: Connection, vendor_limits: Windows) -> list[tuple[int, int]]:
    """(calls, seconds) per window: the user's own limits, else the vendor's."""
    if connection.limits:
        return sorted((int(limit["calls"]), seconds_of(limit["per"])) for limit in connection.limits)
    return sorted((calls, int(per.total_seconds())) for calls, per in vendor_limits)


@dataclass
class SharedBudget:
    """The budget of one connection, in the database. The lane says how much of it is kept for others.

    Calls that are made for a run are counted for it.
    """

    connection: Connection
    vendor_limits: Windows
    lane: str = "events"
    run_id: str = ""
    _ready: bool = field(default=False, repr=False)

    def spend(self, calls: int = 1) -> None:
        """Take `calls` from every window, or from none: raises BudgetUsedUp with the time until there is room."""
        self._prepare()
        with transaction.atomic():
            rows = list(BudgetWindow.objects.select_for_update().filter(connection=self.connection).order_by("seconds"))
            now = _now()
            changed = [row for row in rows if _date_back(row, now)]
            wait = max((_wait(row, calls, now, self.lane) for row in rows), default=0.0)
            wait = max(wait, _vendors_wait(rows[-1], now, self.lane) if rows else 0.0)
            if not wait:
                for row in rows:
                    _take(row, calls, now)
                self._count(calls)
            BudgetWindow.objects.bulk_update(changed if wait else rows, ["slots"])
        if wait:
            raise BudgetUsedUp(
                f"The budget of {self.connection.name} is used up for now.", retry_after=timedelta(seconds=wait)
            )

    def _count(self, calls: int) -> None:
        if not self.run_id:
            return
        CallCount.objects.get_or_create(run_id=self.run_id, connection=self.connection)
        CallCount.objects.filter(run_id=self.run_id, connection=self.connection).update(calls=F("calls") + calls)

    def learn(
        self,
        used: int | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        reset: timedelta | None = None,
    ) -> None:
        """Note what the vendor said about its own limits; the longest window keeps it and goes by it."""
        if remaining is None and used is not None and limit is not None:
            remaining = limit - used
        said = {"used": used, "limit": limit, "remaining": remaining, "at": _now()}
        row = BudgetWindow.objects.filter(connection=self.connection).order_by("-seconds").first()
        if row is not None and (used or remaining is not None) and _changed_much(row.vendor_said, said):
            BudgetWindow.objects.filter(pk=row.pk).update(vendor_said=said)

    def _prepare(self) -> None:
        """Make the rows of windows that are wanted, drop those that are not."""
        if self._ready:
            return
        wanted = {seconds: calls for calls, seconds in reversed(windows_of(self.connection, self.vendor_limits))}
        have = dict(BudgetWindow.objects.filter(connection=self.connection).values_list("seconds", "calls"))
        if have != wanted:
            BudgetWindow.objects.filter(connection=self.connection).exclude(seconds__in=wanted).delete()
            for seconds, calls in wanted.items():
                BudgetWindow.objects.update_or_create(
                    connection=self.connection, seconds=seconds, defaults={"calls": calls}
                )
        self._ready = True


def _vendors_wait(row: BudgetWindow, now: float, lane: str) -> float:
    """Other programs spend of the same limit: near its end the rest is kept for others, and looked at again later."""
    said = row.vendor_said
    if not RESERVES[lane] or said.get("remaining") is None or not 0 <= now - said.get("at", 0) <= _BELIEVED:
        return 0.0
    reserve = (said.get("limit") or row.calls) * RESERVES[lane]
    return _BELIEVED - (now - said["at"]) if said["remaining"] < reserve else 0.0


def _changed_much(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Every answer says it; one row written per hundredth of the limit, and every quarter of a minute, is enough."""
    step = max(1, (after["limit"] or 100) // 100)
    old, new = before.get("remaining"), after["remaining"]
    return old is None or abs(after["at"] - before.get("at", 0)) > _FRESH or abs((new or 0) - old) >= step


def _now() -> float:
    return clock.now().timestamp()


def _length(row: BudgetWindow) -> float:
    return row.seconds / _SLOTS


def _date_back(row: BudgetWindow, now: float) -> bool:
    """What was spent at a time still to come, before a clock was set back, counts as spent now. True when it was."""
    slot = int(now / _length(row))
    later = sum(count for key, count in row.slots.items() if int(key) > slot)
    if later:
        row.slots = {key: count for key, count in row.slots.items() if int(key) <= slot}
        row.slots[str(slot)] = row.slots.get(str(slot), 0) + later
    return bool(later)


def _spent(row: BudgetWindow, now: float) -> dict[int, int]:
    """Calls by slot, those that still count."""
    oldest = int(now / _length(row)) - _SLOTS
    return {int(slot): count for slot, count in row.slots.items() if int(slot) >= oldest}


def _wait(row: BudgetWindow, calls: int, now: float, lane: str) -> float:
    """Seconds until `calls` fit; 0 when they fit now."""
    spent = _spent(row, now)
    excess = sum(spent.values()) + calls - allowed(row.calls, lane)
    if excess <= 0:
        return 0.0
    for slot in sorted(spent):
        excess -= spent[slot]
        if excess <= 0:
            return max(0.01, (slot + _SLOTS + 1) * _length(row) - now)
    return float(ceil(row.seconds))


def allowed(calls: int, lane: str) -> int:
    """How many calls of a window this lane may see spent, by whomever, and still make one."""
    return max(1, calls - int(calls * RESERVES[lane]))


def _take(row: BudgetWindow, calls: int, now: float) -> None:
    spent = _spent(row, now)
    slot = int(now / _length(row))
    spent[slot] = spent.get(slot, 0) + calls
    row.slots = {str(key): count for key, count in spent.items()}


@dataclass(frozen=True)
class BudgetLine:
    """One window as the dashboard shows it."""

    calls: int
    seconds: int
    used: int  # by us; where the vendor says what all programs together used, that

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.used / self.calls)) if self.calls else 0


def budget_lines(connection: Connection, windows: Sequence[BudgetWindow]) -> list[BudgetLine]:
    """What is used of each window now."""
    now = _now()
    return [_line(row, now) for row in windows if row.connection_id == connection.pk]


def _line(row: BudgetWindow, now: float) -> BudgetLine:
    ours, said = sum(_spent(row, now).values()), row.vendor_said
    if said.get("limit") and said.get("remaining") is not None and 0 <= now - said.get("at", 0) < row.seconds:
        return BudgetLine(said["limit"], row.seconds, max(ours, said["limit"] - said["remaining"]))
    return BudgetLine(row.calls, row.seconds, ours)
