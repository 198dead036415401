"""Says how Crosswalk is: is the process up, can it work, and what waits (for probes and for Prometheus)."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.brokers import get_broker
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from audit.models import TELLING, UNFINISHED, Change, ChangeState, OptOut, OptOutState
from integrations.ids import first_id
from integrations.inbox import oldest_unplanned
from integrations.models import Event, EventState

# Only states whose rows are few are counted: somebody or something waits for them, and an index holds just these.
TROUBLE = (EventState.FAILED, EventState.QUARANTINED)
OPT_OUT_OVERDUE = timedelta(minutes=5)
RECENT = timedelta(minutes=5)
BOUND = 10_000  # nothing is counted past this
_UP_TO = f", {BOUND:,} at the most."
FORWARDING_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. It looks at nothing else: a database that is down is no reason to kill the web server."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """503 when the database or the queue does not answer. Says which, never with an address or a password."""
    parts = {"database": _answer(_ask_database), "queue": _answer(_ask_queue)}
    is_ready = all(answer == "ok" for answer in parts.values())
    age = oldest_unplanned_seconds(timezone.now()) if parts["database"] == "ok" else None
    body = {"status": "ok" if is_ready else "down", **parts, "oldest_unplanned_event_seconds": age}
    return JsonResponse(body, status=200 if is_ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has METRICS_TOKEN; without one, for callers on this machine that came through no proxy."""
    if not may_read_metrics(request):
        return HttpResponse("Set METRICS_TOKEN and send it as: Authorization: Bearer …\n", status=403)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Waiting())
    try:
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    except DatabaseError:
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")


def may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and not any(h in request.META for h in FORWARDING_HEADERS)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _answer(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception as error:  # drivers of brokers and databases raise what they like; the answer is the same
        return type(error).__name__
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_queue() -> None:
    get_broker(settings.LANES[0]).queue_size()


def oldest_unplanned_seconds(now: datetime) -> float:
    """0 when nothing waits."""
    return _age(oldest_unplanned(), now)


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, round((now - oldest).total_seconds(), 3)) if oldest else 0.0


class Waiting(Collector):
    """What waits, and what came in lately, read when Prometheus asks; every query is carried by an index."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield _by_label("events", "Events that wait or need a person, by state.", "state", _events())
        yield _by_label("changes", "Changes that wait or need a person, by state.", "state", _changes())
        yield _by_label("recent_events", "Events of the last five minutes, by source.", "source", _recent_events(now))
        for name, text, value in _numbers(now):
            yield GaugeMetricFamily(f"crosswalk_{name}", text, value=value)


def _by_label(name: str, text: str, label: str, values: Iterable[tuple[str, int]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"crosswalk_{name}", text, labels=[label])
    for word, number in values:
        family.add_metric([word], number)
    return family


def _numbers(now: datetime) -> Iterator[tuple[str, str, float]]:
    queued = Change.objects.filter(state=ChangeState.QUEUED).order_by("id").values_list("created_at", flat=True)
    waiting = Change.objects.filter(TELLING).order_by("opt_out_id")  # SQLite takes its index for the order only
    overdue = waiting.filter(created_at__lt=now - OPT_OUT_OVERDUE)
    applied = Change.objects.filter(applied_at__gte=now - RECENT).order_by()
    in_force = OptOut.objects.filter(state=OptOutState.OPEN).order_by()
    yield "oldest_unplanned_event_seconds", "Age of the oldest event not planned yet.", oldest_unplanned_seconds(now)
    yield "oldest_queued_change_seconds", "Age of the oldest queued change.", _age(queued.first(), now)
    yield "opt_outs_in_force", f"Opt-outs in force{_UP_TO}", _count(in_force)
    yield "opt_out_changes_waiting", f"Writes of an opt-out that are not applied yet{_UP_TO}", _count(waiting)
    yield "opt_out_changes_overdue", f"The same, asked for more than five minutes ago{_UP_TO}", _count(overdue)
    yield "recent_changes_applied", f"Changes applied in the last five minutes{_UP_TO}", _count(applied)


def _events() -> Iterator[tuple[str, int]]:
    return _by_state(Event.objects.all(), (EventState.NEW, *TROUBLE))


def _changes() -> Iterator[tuple[str, int]]:
    return _by_state(Change.objects.all(), UNFINISHED)


def _by_state(rows: QuerySet[Any], states: Iterable[str]) -> Iterator[tuple[str, int]]:
    for state in states:
        yield str(state), _count(rows.filter(state=state).order_by())


def _count(rows: QuerySet[Any]) -> int:
    """Not past the bound, so that no scrape gets slow by what nobody looks after."""
    return rows[:BOUND].count()


def _recent_events(now: datetime) -> Iterable[tuple[str, int]]:
    """The newest few; by id, which begins with the time."""
    newest = Event.objects.filter(id__gte=first_id(now - RECENT)).order_by("-id")
    return Counter(newest.values_list("source", flat=True)[:BOUND]).items()
