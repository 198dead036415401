"""How single values look in the admin: badges, ids, texts of unknown direction, moments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import EventState, Health

# state → (tone, icon): colour never stands alone
HEALTH_LOOK = {
    Health.OK: ("good", "check_circle"),
    Health.DEGRADED: ("warn", "warning"),
    Health.BLOCKED: ("bad", "block"),
    Health.DOWN: ("bad", "cloud_off"),
    Health.UNKNOWN: ("plain", "help"),
}
EVENT_LOOK = {
    EventState.NEW: ("wait", "schedule"),
    EventState.PLANNED: ("good", "check_circle"),
    EventState.IGNORED: ("plain", "remove_circle"),
    EventState.FAILED: ("bad", "error"),
    EventState.QUARANTINED: ("bad", "report"),
}
_STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def icon(name: str) -> SafeString:
    return format_html('<span class="material-symbols-outlined cw-icon" aria-hidden="true">{}</span>', name)


def badge(text: object, tone: str, icon_name: str = "") -> SafeString:
    return format_html('<span class="cw-badge cw-{}">{}{}</span>', tone, icon(icon_name) if icon_name else "", text)


def state_badge(row: Any, looks: Mapping[Any, tuple[str, str]], field: str = "state") -> SafeString:
    """The label of a row's state in its colour, with its icon."""
    tone, icon_name = looks.get(getattr(row, field), ("plain", "help"))
    return badge(getattr(row, f"get_{field}_display")(), tone, icon_name)


def ltr(text: object) -> SafeString:
    """An e-mail, id, phone or address: read from left to right in every language."""
    return format_html('<bdi dir="ltr">{}</bdi>', text) if text not in ("", None) else SafeString("")


def said(text: object) -> SafeString:
    """A name or message in whatever language it came."""
    return format_html('<span dir="auto">{}</span>', text) if text not in ("", None) else SafeString("")


def subtle(text: object) -> SafeString:
    """A second line of less weight."""
    return format_html('<span class="cw-subtle" dir="auto">{}</span>', text) if text else SafeString("")


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="cw-link" href="{}">{}</a>', url, text)


def page_link(row: Any, text: object) -> SafeString:
    """A link to the admin page of a row."""
    return link(page_url(row), text)


def page_url(row: Any) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def lines(parts: Iterable[object]) -> SafeString:
    """Parts below each other; empty ones are left out."""
    inner = format_html_join("", '<span class="cw-line">{}</span>', ((part,) for part in parts if part))
    return format_html('<span class="cw-cell">{}</span>', inner) if inner else SafeString("")


def moment(when: datetime | None) -> SafeString:
    """The time of an event, with seconds; the title has the whole date."""
    if when is None:
        return SafeString("")
    local = timezone.localtime(when)
    day = "" if local.date() == timezone.localdate() else date_format(local, "j M Y ")
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>',
        local.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        day,
        f"{local:%H:%M:%S}",
    )


def length(span: timedelta | float | None) -> str:
    """A span in its two largest units: '2 h 5 min'."""
    if span is None:
        return ""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 1:
        return _("under 1 s")
    parts: list[str] = []
    for size, unit in _STEPS:
        count, seconds = divmod(seconds, size)
        parts += [f"{int(count)} {unit}"] if count or parts else []
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or parts[0]


def bounded(count: int, bound: int) -> str:
    """A count that was not counted past its bound: '1,000+'."""
    return f"{bound:,}+" if count > bound else f"{count:,}"


def value(thing: Any) -> SafeString:
    """A field's value as it stands in a record."""
    if thing is None or thing == "":
        return format_html('<span class="cw-none">{}</span>', _("empty"))
    if isinstance(thing, (dict, list, bool)):
        return format_html('<bdi dir="ltr" class="cw-code">{}</bdi>', json.dumps(thing, ensure_ascii=False))
    return format_html('<span dir="auto" class="cw-value">{}</span>', thing)


def pretty(thing: Any) -> str:
    """JSON with one key per line."""
    return json.dumps(thing, ensure_ascii=False, indent=2, default=str)


def and_more(names: Iterable[str], shown: int = 3) -> str:
    """The first few names and how many are left."""
    every = list(names)
    rest = len(every) - shown
    more = ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest} if rest > 0 else ""
    return ", ".join(every[:shown]) + (f" {more}" if more else "")
