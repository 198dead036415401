"""People and everything that happened to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Change
from config.api.filters import PersonFilter
from config.api.serializers.audit import ChangeSerializer, OptOutSerializer, attach_progress
from config.api.serializers.base import Moment
from config.api.serializers.integrations import EventSerializer, PersonSerializer
from integrations.models import Person

from .audit import OptOutViewSet
from .base import ReadOnly, refuse_field
from .integrations import EVENTS


class EntrySerializer(serializers.Serializer[Any]):
    """One thing that happened: an event, a change or an opt-out; the other two are null."""

    id = serializers.CharField()
    what = serializers.ChoiceField(choices=("event", "change", "opt_out"))
    at = Moment()
    event = EventSerializer(allow_null=True)
    change = ChangeSerializer(allow_null=True)
    opt_out = OptOutSerializer(allow_null=True)


Timeline = inline_serializer(
    "PaginatedTimeline",
    {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": EntrySerializer(many=True),
    },
)


class PersonViewSet(ReadOnly):
    """One human each, with the addresses and the records that stand for them."""

    queryset = Person.objects.prefetch_related("addresses", "links__connection")
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    action_permissions = {"timeline": "integrations.view_person"}

    @extend_schema(
        responses=Timeline,
        filters=False,
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)],
    )
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """Events, changes and opt-outs of this person, newest first."""
        person = self.get_object()
        size = _size(request)
        rows = _rows(person, request, _cursor(request), size + 1)
        page = rows[:size]
        last = page[-1]["id"] if len(rows) > size else ""
        return Response(
            {"next": _next(request, last), "previous": None, "results": EntrySerializer(page, many=True).data}
        )


_TIMES = {"event": "received_at", "change": "created_at", "opt_out": "received_at"}
_PERMISSIONS = {"event": "integrations.view_event", "change": "audit.view_change", "opt_out": "audit.view_optout"}


def _rows(person: Person, request: Request, before: str, limit: int) -> list[dict[str, Any]]:
    """The newest entries below `before`; ids sort by time, whatever they are ids of."""
    tables: dict[str, QuerySet[Any]] = {
        "event": EVENTS.defer("body"),
        "change": Change.objects.select_related("connection"),
        "opt_out": OptOutViewSet.queryset.all(),
    }
    seen = [what for what in tables if request.user.has_perm(_PERMISSIONS[what])]
    entries = [entry for what in seen for entry in _of(what, tables[what].filter(person=person), before, limit)]
    return sorted(entries, key=itemgetter("id"), reverse=True)[:limit]


def _of(what: str, rows: QuerySet[Any], before: str, limit: int) -> Sequence[dict[str, Any]]:
    newest = list((rows.filter(id__lt=before) if before else rows).order_by("-id")[:limit])
    if what == "opt_out":
        attach_progress(newest)
    blank = dict.fromkeys(_TIMES)
    return [{**blank, "id": row.id, "what": what, "at": getattr(row, _TIMES[what]), what: row} for row in newest]


def _cursor(request: Request) -> str:
    text = request.query_params.get("cursor", "")
    if text and not (text.isascii() and text.isalnum()):
        refuse_field("cursor", "This is no place in a timeline.")
    return text


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", "")
    return min(max(int(text), 1), 500) if text.isdecimal() and text.isascii() else 50


def _next(request: Request, last: str) -> str | None:
    query = request.query_params.copy()
    query["cursor"] = last
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}") if last else None
