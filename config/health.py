"""Says how Crosswalk is: is the process up, can it work, and what waits (for probes and for Prometheus)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.brokers import get_broker
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from ulid import ULID

from audit.models import UNFINISHED, Change, ChangeState, Kind, OptOut, OptOutState
from integrations.models import Event, EventState

# Only states whose rows are few are counted: somebody or something waits for them, and an index holds just these.
TROUBLE = (EventState.FAILED, EventState.QUARANTINED)
OPT_OUT_OVERDUE = timedelta(minutes=5)
RECENT = timedelta(minutes=5)
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
    return _age(Event.objects.filter(state=EventState.NEW), "received_at", now)


def _age(rows: QuerySet[Any], moment: str, now: datetime) -> float:
    oldest: datetime | None = rows.aggregate(oldest=Min(moment))["oldest"]
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
    queued = Change.objects.filter(state=ChangeState.QUEUED)
    waiting = Change.objects.filter(state__in=UNFINISHED, kind=Kind.OPT_OUT)
    overdue = waiting.filter(created_at__lt=now - OPT_OUT_OVERDUE)
    applied = Change.objects.filter(applied_at__gte=now - RECENT)
    yield "oldest_unplanned_event_seconds", "Age of the oldest event not planned yet.", oldest_unplanned_seconds(now)
    yield "oldest_queued_change_seconds", "Age of the oldest queued change.", _age(queued, "created_at", now)
    yield "opt_outs_in_force", "Opt-outs in force.", OptOut.objects.filter(state=OptOutState.OPEN).count()
    yield "opt_out_changes_waiting", "Writes of an opt-out that are not applied yet.", waiting.count()
    yield "opt_out_changes_overdue", "The same, asked for more than five minutes ago.", overdue.count()
    yield "recent_changes_applied", "Changes applied in the last five minutes.", applied.count()


def _events() -> Iterator[tuple[str, int]]:
    yield str(EventState.NEW), Event.objects.filter(state=EventState.NEW).count()
    yield from _counted(Event.objects.filter(state__in=TROUBLE), "state", TROUBLE)


def _changes() -> Iterator[tuple[str, int]]:
    return _counted(Change.objects.filter(state__in=UNFINISHED), "state", UNFINISHED)


def _recent_events(now: datetime) -> Iterator[tuple[str, int]]:
    """By id: it begins with the time, and the primary key is the index that every table has."""
    first = str(ULID.from_datetime(now - RECENT))[:10]
    return _counted(Event.objects.filter(id__gte=first), "source", ())


def _counted(rows: QuerySet[Any], name: str, always: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each word with its number; the words of `always` also when there is none."""
    found = dict(rows.order_by().values_list(name).annotate(Count("pk")))
    yield from ({str(word): 0 for word in always} | {str(word): number for word, number in found.items()}).items()
