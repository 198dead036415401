"""When a task is due: so long from now, a day, or what a field of the source says."""

from __future__ import annotations

import re
from datetime import datetime

from integrations.vendors.base import TaskForm

from ...moments import Moment, moment_in, zone_of
from ...spec.parameters import paths_of_due
from ...spec.spans import UNITS
from ...texts import render
from ...values import is_blank, text_of
from ..case import Case

_LATER = re.compile(r"\+(\d{1,4})([smhd])")


def due_of(text: str, case: Case, form: TaskForm, timezone: str, now: datetime) -> tuple[str, str]:
    """(as the vendor takes it, a note). "" is no time: none was asked for, or it could not be read."""
    said = _said(text, case)
    moment = _moment(said, timezone, now)
    note = f"No due time: '{said[:60]}' is not a date." if said and moment is None else ""
    if moment is None and form.due_default is not None:
        moment = Moment(now + form.due_default)
    if moment is None:
        return "", note
    return moment.day(zone_of(timezone)).isoformat() if form.due_is_date else moment.utc(), note


def _said(text: str, case: Case) -> str:
    """What the rule says, or the field that it names holds."""
    if "{" in text:
        return str(render(text, case.context()).value).strip()
    if not paths_of_due(text):
        return text
    value = case.lookup(text)[1]
    return "" if is_blank(value) else text_of(value).strip()


def _moment(said: str, timezone: str, now: datetime) -> Moment | None:
    later = _LATER.fullmatch(said)
    return Moment(now + int(later[1]) * UNITS[later[2]]) if later else moment_in(said, timezone)
