"""Hooks: a tool subscribes a URL to what happens, sees samples, and unsubscribes (the REST-hook pattern)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.hooks.models import Hook
from audit.hooks.recording import payload_of
from audit.hooks.samples import sample_data
from audit.hooks.subscribing import subscribe
from config.api.serializers.hooks import (
    HOOK_EVENTS,
    HookSerializer,
    MadeHookSerializer,
    MessageSerializer,
    NewHookSerializer,
)

from .base import ReadOnly, refuse_field


class HookViewSet(mixins.DestroyModelMixin, ReadOnly):
    """URLs of other tools that are told of events, changes and opt-outs."""

    queryset = Hook.objects.select_related("connection").defer(
        "secret", "connection__credentials", "connection__webhook_token"
    )
    serializer_class = HookSerializer
    filterset_fields = ("event", "state")
    action_permissions = {"samples": "audit.view_hook"}

    @extend_schema(request=NewHookSerializer, responses={201: MadeHookSerializer})
    def create(self, request: Request) -> Response:
        """Subscribe a URL to one event. The answer holds the secret that calls are signed with, this once."""
        body = NewHookSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        hook = subscribe(**body.validated_data, owner=request.user)
        return Response(MadeHookSerializer(hook).data, status=201)

    @extend_schema(
        operation_id="hooks_samples",
        parameters=[OpenApiParameter("event", OpenApiTypes.STR, required=True)],
        responses=MessageSerializer(many=True),
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def samples(self, request: Request) -> Response:
        """What a URL subscribed to this event is sent: a list of one, of people who do not exist."""
        name: Any = request.query_params.get("event", "")
        if name not in HOOK_EVENTS:
            refuse_field("event", "Name one event, for example contact.subscribed or change.applied.")
        return Response([payload_of(name, sample_data(name))])
