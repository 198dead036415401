"""Changes, what a person decides about them one by one or in bulk, and opt-outs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.choosing import ChangeFilter, FilterRefused, choose
from audit.models import Change, OptOut
from audit.undo import undo
from audit.verbs import AT_ONCE, DECIDE, RETRY, VERBS
from config.api.filters import OptOutFilter
from config.api.serializers.audit import (
    BulkSerializer,
    ChangeDetailSerializer,
    ChangeSerializer,
    CommentSerializer,
    DecisionSerializer,
    OptOutSerializer,
)
from config.api.serializers.mappings import RunSerializer
from integrations.vendors.errors import CrosswalkError
from mappings.runs import RunRefused, start_run

from .base import ReadOnly, refuse, refuse_field

OF_MANY = {200: DecisionSerializer, 202: RunSerializer}


class ChangeViewSet(ReadOnly):
    """The ledger: every intended write, newest first."""

    queryset = Change.objects.select_related("connection")
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    action_permissions = {
        "retry": RETRY,
        "approve": DECIDE,
        "reject": DECIDE,
        "cancel": DECIDE,
        "undo": "audit.undo_change",
        "retry_many": RETRY,
        "approve_many": DECIDE,
        "reject_many": DECIDE,
        "cancel_many": DECIDE,
    }

    def get_queryset(self) -> QuerySet[Change]:
        rows: QuerySet[Change] = super().get_queryset()
        return rows.prefetch_related("attempt_rows") if self.action != "list" else rows.defer("known", "params")

    def get_serializer_class(self) -> Any:
        return ChangeDetailSerializer if self.action == "retrieve" else ChangeSerializer

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Send a failed change again."""
        return self._decide_one(request, "retry")

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Let a change that waits for approval go."""
        return self._decide_one(request, "approve")

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse a change that waits for approval, for good."""
        return self._decide_one(request, "reject")

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take back a change that was not applied yet, with what was to follow it."""
        return self._decide_one(request, "cancel")

    @extend_schema(request=None, responses={201: ChangeSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Write the values from before with a new change, which is the answer."""
        try:
            made = undo(self.get_object(), _user(request))
        except CrosswalkError as error:
            refuse(error)
        return Response(ChangeSerializer(made).data, status=201)

    @extend_schema(operation_id="changes_retry_many", request=BulkSerializer, responses=OF_MANY, filters=False)
    @action(detail=False, methods=["post"], url_path="retry", url_name="retry-many")
    def retry_many(self, request: Request) -> Response:
        """Send every failed change of a filter again. More than 200 are decided by a run: 202."""
        return self._decide_many(request, "retry")

    @extend_schema(operation_id="changes_approve_many", request=BulkSerializer, responses=OF_MANY, filters=False)
    @action(detail=False, methods=["post"], url_path="approve", url_name="approve-many")
    def approve_many(self, request: Request) -> Response:
        """Let every waiting change of a filter go. More than 200 are decided by a run: 202."""
        return self._decide_many(request, "approve")

    @extend_schema(operation_id="changes_reject_many", request=BulkSerializer, responses=OF_MANY, filters=False)
    @action(detail=False, methods=["post"], url_path="reject", url_name="reject-many")
    def reject_many(self, request: Request) -> Response:
        """Refuse every waiting change of a filter, for good. More than 200 are decided by a run: 202."""
        return self._decide_many(request, "reject")

    @extend_schema(operation_id="changes_cancel_many", request=BulkSerializer, responses=OF_MANY, filters=False)
    @action(detail=False, methods=["post"], url_path="cancel", url_name="cancel-many")
    def cancel_many(self, request: Request) -> Response:
        """Take back every change of a filter that was not applied yet. More than 200 are decided by a run: 202."""
        return self._decide_many(request, "cancel")

    def _decide_one(self, request: Request, verb: str) -> Response:
        change = self.get_object()
        body = CommentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        decision = VERBS[verb].act([change.id], request.user, body.validated_data["comment"])
        if decision.refused:
            refuse_field("change", decision.refused[change.id])
        return Response(ChangeSerializer(self.get_object()).data)

    def _decide_many(self, request: Request, verb: str) -> Response:
        body = BulkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted, comment = body.validated_data["filter"], body.validated_data["comment"]
        try:
            ids = list(choose(wanted).values_list("id", flat=True)[: AT_ONCE + 1])
        except FilterRefused as refusal:
            refuse_field("filter", str(refusal))
        if len(ids) > AT_ONCE:
            return _start(request, verb, wanted, comment)
        decision = VERBS[verb].act(ids, request.user, comment)
        counts = {"matched": len(ids), "done": len(decision.done), "refused": len(decision.refused)}
        return Response({**counts, "reasons": dict(Counter(decision.refused.values())), "more": False})


def _start(request: Request, verb: str, wanted: dict[str, Any], comment: str) -> Response:
    """Too many for one request: the run that decides them is the answer."""
    user = _user(request)
    try:
        run = start_run(verb, wanted, user.get_username(), user=user, comment=comment)
    except RunRefused as refusal:
        refuse_field("filter", str(refusal))
    url = request.build_absolute_uri(reverse("run-detail", args=[run.pk]))
    return Response(RunSerializer(run).data, status=202, headers={"Location": url})


def _user(request: Request) -> Any:
    """Who decides; nobody comes here without having signed in."""
    return request.user


class OptOutViewSet(ReadOnly):
    """The register of who said stop, and how each system stands."""

    queryset = OptOut.objects.select_related("connection", "event").prefetch_related(
        Prefetch("changes", Change.objects.select_related("connection").defer("known", "diff").order_by("id"))
    )
    serializer_class = OptOutSerializer
    filterset_class = OptOutFilter
