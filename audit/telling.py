"""How far a person's stop has got: which systems were told, when, and which still wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from integrations import clock

from .models import TELLING, Change, ChangeState, OptOut, OptOutState
from .optouts import OPT_OUT

PROMISE = timedelta(minutes=15)  # by then every system is to be told
BOUND = 1000  # nothing is counted past this
NOT_SHOWN = ("diff", "known", "params", "notes", "connection__credentials", "connection__webhook_token")
WAITING = (ChangeState.HELD, ChangeState.QUEUED, ChangeState.SENDING)


class Told(models.TextChoices):
    TOLD = "told", _("Told")
    WAITING = "waiting", _("Waiting")
    FAILED = "failed", _("Failed")
    NOBODY = "nobody", _("No record there")


@dataclass(frozen=True)
class Record:
    """One record of the person: told by a change, or found to hold the opt-out already (no change)."""

    object: str
    record_id: str
    state: str
    at: datetime | None
    change: Change | None = None


@dataclass
class System:
    """One connection that must know."""

    name: str
    records: list[Record] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The worst of its records; nobody when the person has none there."""
        states = {record.state for record in self.records}
        return next((s for s in (Told.FAILED, Told.WAITING, Told.TOLD) if s in states), Told.NOBODY)

    @property
    def at(self) -> datetime | None:
        """When the last record was told."""
        return max((record.at for record in self.records if record.at), default=None)


@dataclass(frozen=True)
class Progress:
    """Where one opt-out stands."""

    opt_out: OptOut
    systems: Sequence[System]

    @property
    def is_done(self) -> bool:
        return all(system.state in (Told.TOLD, Told.NOBODY) for system in self.systems)

    @property
    def told_at(self) -> datetime | None:
        """When the last system was told; None while one is not, or when there was nobody to tell."""
        return max((system.at for system in self.systems if system.at), default=None) if self.is_done else None

    @property
    def took(self) -> timedelta | None:
        """From heard to told everywhere. A record that held it before counts as told at once."""
        return max(self.told_at - self.opt_out.heard_at, timedelta()) if self.told_at else None

    @property
    def is_overdue(self) -> bool:
        in_force = self.opt_out.state == OptOutState.OPEN
        return in_force and not self.is_done and clock.now() - self.opt_out.heard_at > PROMISE


def progress_of(opt_outs: Iterable[OptOut]) -> dict[str, Progress]:
    """Where each opt-out stands, by its id; two queries for all."""
    rows = list(opt_outs)
    told: dict[str, list[Change]] = {row.pk: [] for row in rows}
    joined = dict(OptOut.objects.filter(joined_to__in=list(told)).values_list("pk", "joined_to_id"))
    changes = Change.objects.filter(opt_out_id__in={*told, *joined}, operation=OPT_OUT).select_related("connection")
    for change in changes.defer(*NOT_SHOWN).order_by("pk"):
        stop = str(change.opt_out_id)
        for owner in told.keys() & {stop, joined.get(stop)}:
            told[owner].append(change)
    return {row.pk: Progress(row, _systems(row, told[row.pk])) for row in rows}


def unfinished_opt_outs() -> list[str]:
    """Ids of opt-outs that some system was not told yet; of very many, the first."""
    telling = Change.objects.filter(TELLING, operation=OPT_OUT).exclude(opt_out=None)
    return list(telling.order_by().values_list("opt_out_id", flat=True).distinct()[: BOUND + 1])


def overdue_opt_outs(unfinished: Sequence[str] | None = None) -> models.QuerySet[OptOut]:
    """Those in force that were to be told by now."""
    waiting = unfinished_opt_outs() if unfinished is None else unfinished
    return OptOut.objects.filter(pk__in=waiting, state=OptOutState.OPEN, heard_at__lt=clock.now() - PROMISE)


def _systems(opt_out: OptOut, changes: Sequence[Change]) -> list[System]:
    systems = {name: System(name) for name in opt_out.targets}
    live = {change.connection.name for change in changes if change.state != ChangeState.CANCELLED}
    for change in changes:
        name = change.connection.name
        if change.state == ChangeState.CANCELLED and name in live:
            continue  # the record was converted or merged; the change for what it became stands beside it
        record = Record(change.object, change.record_id, _state(change), change.applied_at, change)
        systems.setdefault(name, System(name)).records.append(record)
    for entry in opt_out.already:
        systems.setdefault(entry["connection"], System(entry["connection"])).records.append(_already(entry))
    return list(systems.values())


def _state(change: Change) -> str:
    if change.state == ChangeState.APPLIED:
        return Told.TOLD
    return Told.WAITING if change.state in WAITING else Told.FAILED


def _already(entry: dict[str, Any]) -> Record:
    return Record(entry["object"], entry["record_id"], Told.TOLD, parse_datetime(str(entry.get("at") or "")))
