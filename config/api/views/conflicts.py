"""Conflicts of identity: listed, settled, undone."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.filters import ConflictFilter
from config.api.serializers.conflicts import ConflictSerializer, SettleSerializer
from integrations.models import IdentityConflict
from integrations.vendors.errors import CrosswalkError
from mappings.identity.settling import settle, undo

from .base import ReadOnly, refuse

SETTLE = "integrations.settle_identityconflict"


class ConflictViewSet(ReadOnly):
    """Who is who, where only a person can say: newest first."""

    queryset = IdentityConflict.objects.select_related("connection").prefetch_related("events")
    serializer_class = ConflictSerializer
    filterset_class = ConflictFilter
    action_permissions = {"settle": SETTLE, "undo": SETTLE}

    @extend_schema(request=SettleSerializer, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Answer the question; what waited for it is planned again."""
        conflict = self.get_object()
        body = SettleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            settle(conflict, **body.validated_data, actor=request.user.get_username())
        except CrosswalkError as error:
            refuse(error)
        return Response(ConflictSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Move back what the decision moved, where nothing newer stands in the way."""
        try:
            undo(self.get_object(), request.user.get_username())
        except CrosswalkError as error:
            refuse(error)
        return Response(ConflictSerializer(self.get_object()).data)
