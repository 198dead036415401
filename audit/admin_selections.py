"""Selections in the admin: taken from the filters of the audit log, and said in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR, SEARCH_VAR
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.admin_labels import bounded

from .admin_filters import DAY, start_of_day
from .models import Brake, ChangeState, Kind
from .verbs import Verb

Filter = dict[str, str]
NO_FILTER = {*IGNORED_PARAMS, PAGE_VAR} - {SEARCH_VAR}  # parts of the list's address that choose nothing


def _since(text: str, days: timedelta = timedelta()) -> str:
    day = start_of_day(text)
    return (day + days).isoformat() if day else ""


# What each filter of the list chooses, in the words of `choosing`.
MEANING: dict[str, Callable[[str], Filter]] = {
    "state__exact": lambda value: {"state": value},
    "kind__exact": lambda value: {"kind": value},
    "connection": lambda value: {"connection": value},
    "rule": lambda value: {"rule": value},
    "run": lambda value: {"run": value},
    "error_code": lambda value: {"error_code": value},
    "braked": lambda value: {"braked": value, "state": ChangeState.HELD.value},
    "created_at_from": lambda value: {"created_after": _since(value)},
    "created_at_to": lambda value: {"created_before": _since(value, DAY)},
    SEARCH_VAR: lambda value: {"search": value},
}


def filter_of_list(params: QueryDict) -> Filter | None:
    """What the list shows, as a filter. None when that cannot be said exactly: then nothing may go by it."""
    chosen: Filter = {}
    for name, values in params.lists():
        wanted = [value.strip() for value in values if value.strip()]
        if name in NO_FILTER or not wanted:
            continue
        if name not in MEANING or len(wanted) > 1:
            return None
        meant = {key: value for key, value in MEANING[name](wanted[0]).items() if value}
        if any(chosen.get(key, value) != value for key, value in meant.items()):
            return None
        chosen |= meant
    return chosen


# --- in words ---------------------------------------------------------------------------------------------------

# state → (one, many)
OF_STATE = {
    ChangeState.FAILED.value: ("%(n)s failed change", "%(n)s failed changes"),
    ChangeState.HELD.value: ("%(n)s waiting change", "%(n)s waiting changes"),
    ChangeState.QUEUED.value: ("%(n)s queued change", "%(n)s queued changes"),
}
OF_ANY_STATE = ("%(n)s change that was not sent", "%(n)s changes that were not sent")
WORDS: dict[str, Any] = {
    "braked": gettext_lazy("stopped by the brake: %s"),
    "error_code": gettext_lazy("error %s"),
    "rule": gettext_lazy("rule %s"),
    "run": gettext_lazy("run %s"),
    "kind": gettext_lazy("kind %s"),
    "email": gettext_lazy("of %s"),
    "search": gettext_lazy("found by %s"),
    "created_after": gettext_lazy("made since %s"),
    "created_before": gettext_lazy("made before %s"),
}
SAID_ELSEWHERE = ("state", "connection")


def selection_words(verb: Verb, wanted: Mapping[str, str], count: int, bound: int | None = None) -> str:
    """'3,214 failed changes of connection salesforce-main, error rate limited'; `bound`: nobody counted past it."""
    states = [state for state in verb.states if state in wanted.get("state", ",".join(verb.states)).split(",")]
    one, many = OF_STATE[states[0]] if len(states) == 1 else OF_ANY_STATE
    changes = ngettext(one, many, count) % {"n": bounded(count, bound or count)}
    if "connection" in wanted:
        changes = _("%(changes)s of connection %(name)s") % {"changes": changes, "name": wanted["connection"]}
    return ", ".join([changes, *_conditions(wanted)])


def _conditions(wanted: Mapping[str, str]) -> list[str]:
    """The rest of a filter; what has no words of its own is named."""
    names = sorted(set(wanted) - set(SAID_ELSEWHERE), key=lambda name: (name not in WORDS, name))
    return [str(WORDS.get(name, f"{name} %s")) % _value_words(name, wanted[name]) for name in names]


def _value_words(name: str, value: str) -> str:
    if name in ("kind", "braked"):
        labels = dict([*Kind.choices, *Brake.choices])
        return ", ".join(str(labels.get(part, part)).lower() for part in value.split(","))
    if name in ("created_after", "created_before"):
        return _moment_words(value)
    return value.replace("_", " ") if name == "error_code" else value


def _moment_words(value: str) -> str:
    try:
        moment = parse_datetime(value)
    except ValueError:
        moment = None
    if moment is None:
        return value
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return f"{local:%Y-%m-%d}" if (local.hour, local.minute) == (0, 0) else f"{local:%Y-%m-%d %H:%M}"
