"""What a connection's page says of what is looked at again and again, and the button that looks at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .admin_labels import length, moment
from .models import Connection, WatchState
from .vendors.base import Vendor, Watch
from .watching import look_now, pause_of


def look(request: HttpRequest, connection: Connection) -> None:
    look_now(connection)
    messages.success(request, _("A worker looks now. What it finds appears under Events."))


def watch_rows(connection: Connection, kind: Vendor) -> list[dict[str, Any]]:
    """Each thing that can be looked at: how often, when last and next, what came of it."""
    states = {state.key: state for state in WatchState.objects.filter(connection=connection)}
    return [_row(connection, watch, states.get(watch.key)) for watch in kind.capabilities.watches]


def _row(connection: Connection, watch: Watch, state: WatchState | None) -> dict[str, Any]:
    pause = pause_of(connection, watch)
    return {
        "label": capfirst(str(watch.label)),
        "events": ", ".join(watch.events),
        "every": length(pause) if pause else _("switched off"),
        "is_on": state is not None,
        "last": moment(state.looked_at) if state else "",
        "next": moment(state.due_at) if state else "",
        "found": f"{state.found:,}" if state else "",
        "problem": state.problem if state else "",
    }
