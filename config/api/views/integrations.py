"""Connections, events, people and operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.facts import versions_then
from audit.models import Change
from config.api.filters import ConnectionFilter, EventFilter
from config.api.permissions import StaffWithModelPermissions
from config.api.serializers.integrations import (
    ConnectionSerializer,
    EventSerializer,
    OperationSerializer,
    ReplaySerializer,
    TestReportSerializer,
)
from integrations.health import check_connection
from integrations.inbox import replay_event
from integrations.models import Connection, Event
from integrations.vendors.base import Operation
from integrations.vendors.errors import Unreadable
from integrations.vendors.registry import VENDORS

from .base import ByName, ReadOnly, refuse_field


class ConnectionViewSet(ByName):
    """Accounts at vendors. Credentials are never among the answers."""

    queryset = Connection.objects.all()
    serializer_class = ConnectionSerializer
    filterset_class = ConnectionFilter
    action_permissions = {"test": "integrations.change_connection"}

    @extend_schema(request=None, responses=TestReportSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, name: str) -> Response:
        """Call the vendor read-only: what works, and what is missing."""
        connection = self.get_object()
        checks = check_connection(connection)
        ok = bool(checks) and all(check.ok for check in checks if check.required)
        report = {"connection": connection.name, "ok": ok, "health": connection.health, "checks": checks}
        return Response(TestReportSerializer(report).data)


EVENTS = Event.objects.select_related("connection").prefetch_related(Prefetch("changes", Change.objects.only("event")))


class EventViewSet(ReadOnly):
    """The inbox: what vendors told us, newest first."""

    queryset = EVENTS.defer("body", "record", "context")
    serializer_class = EventSerializer
    filterset_class = EventFilter
    action_permissions = {"replay": "integrations.change_event"}

    @extend_schema(request=ReplaySerializer, responses={201: EventSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Plan the event again, read afresh from its stored body. Answers the new event."""
        event = self.get_object()
        wanted = ReplaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        versions = versions_then(event) if wanted.validated_data["mappings"] == "then" else None
        try:
            replayed = replay_event(event, request.user.get_username(), versions)
        except Unreadable as error:
            refuse_field("event", error.message)
        return Response(self.get_serializer(replayed).data, status=201)


class ReadsConnections(StaffWithModelPermissions):
    """The catalogue may be read by who may see connections."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(
            user
            and user.is_active
            and getattr(user, "is_staff", False)
            and user.has_perm("integrations.view_connection")
        )


PAGE = 500
_WORD = OpenApiTypes.STR


class OperationsView(APIView):
    """Everything the vendors can do: triggers, actions and look-ups."""

    permission_classes = [ReadsConnections]

    @extend_schema(
        operation_id="operations_list",
        parameters=[OpenApiParameter(name, _WORD) for name in ("vendor", "kind", "cursor")]
        + [OpenApiParameter("page_size", OpenApiTypes.INT)],
        responses=inline_serializer(
            "PaginatedOperationList",
            {
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": OperationSerializer(many=True),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        wanted = {name: request.query_params[name] for name in ("vendor", "kind") if name in request.query_params}
        rows = [row for row in catalogue() if all(row[name] == value for name, value in wanted.items())]
        return Response(_page(rows, request))


FACTS = ("key", "kind", "label", "method", "path", "scope", "source", "repeatable", "subscribing")


def catalogue() -> Iterator[dict[str, Any]]:
    """One row per operation, by vendor and in the vendor's own order."""
    for slug, vendor in VENDORS.items():
        for operation in vendor.operations:
            yield _row(slug, operation)


def _row(vendor: str, operation: Operation) -> dict[str, Any]:
    facts = {name: getattr(operation, name) for name in FACTS}
    return {"vendor": vendor, **facts, "parameters": list(operation.parameters)}


def _page(rows: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """The catalogue stands still between two releases, so that a place in it is a cursor."""
    size = _number(request, "page_size", 50, 1, PAGE)
    start = _number(request, "cursor", 0, 0, max(0, len(rows) - 1) if rows else 0)
    here = [
        _link(request, start + size) if start + size < len(rows) else None,
        _link(request, max(0, start - size)) if start else None,
    ]
    return {"next": here[0], "previous": here[1], "results": rows[start : start + size]}


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not text.isascii():
        refuse_field(name, "Write a whole number.")
    return min(max(int(text[:9]), least), most)


def _link(request: Request, start: int) -> str:
    query = request.query_params.copy()
    query["cursor"] = str(start)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
