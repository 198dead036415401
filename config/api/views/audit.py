"""Changes, what a person decides about them one by one or in bulk, and opt-outs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit import decisions
from audit.choosing import ChangeFilter
from audit.decisions import Decision
from audit.models import Change, OptOut
from audit.undo import undo
from config.api.filters import OptOutFilter
from config.api.serializers.audit import (
    BulkSerializer,
    ChangeDetailSerializer,
    ChangeSerializer,
    CommentSerializer,
    DecisionSerializer,
    OptOutSerializer,
)
from integrations.vendors.errors import CrosswalkError

from .base import ReadOnly, refuse, refuse_field

MOST_AT_ONCE = 5000
Decide = Callable[..., Decision]


class ChangeViewSet(ReadOnly):
    """The ledger: every intended write, newest first."""

    queryset = Change.objects.select_related("connection")
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    action_permissions = {
        "retry": "audit.retry_change",
        "approve": "audit.decide_change",
        "reject": "audit.decide_change",
        "undo": "audit.undo_change",
        "retry_many": "audit.retry_change",
        "approve_many": "audit.decide_change",
        "reject_many": "audit.decide_change",
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
        return self._decide_one(request, decisions.retry)

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Let a change that waits for approval go."""
        return self._decide_one(request, decisions.approve)

    @extend_schema(request=CommentSerializer, responses=ChangeSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse a change that waits for approval, for good."""
        return self._decide_one(request, decisions.reject)

    @extend_schema(request=None, responses={201: ChangeSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Write the values from before with a new change, which is the answer."""
        try:
            made = undo(self.get_object(), _user(request))
        except CrosswalkError as error:
            refuse(error)
        return Response(ChangeSerializer(made).data, status=201)

    @extend_schema(operation_id="changes_retry_many", request=BulkSerializer, responses=DecisionSerializer)
    @action(detail=False, methods=["post"], url_path="retry", url_name="retry-many")
    def retry_many(self, request: Request) -> Response:
        """Send every failed change of a filter again."""
        return self._decide_many(request, decisions.retry)

    @extend_schema(operation_id="changes_approve_many", request=BulkSerializer, responses=DecisionSerializer)
    @action(detail=False, methods=["post"], url_path="approve", url_name="approve-many")
    def approve_many(self, request: Request) -> Response:
        """Let every waiting change of a filter go."""
        return self._decide_many(request, decisions.approve)

    @extend_schema(operation_id="changes_reject_many", request=BulkSerializer, responses=DecisionSerializer)
    @action(detail=False, methods=["post"], url_path="reject", url_name="reject-many")
    def reject_many(self, request: Request) -> Response:
        """Refuse every waiting change of a filter."""
        return self._decide_many(request, decisions.reject)

    def _decide_one(self, request: Request, decide: Decide) -> Response:
        change = self.get_object()
        body = CommentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        decision = decide([change.id], request.user, body.validated_data["comment"])
        if decision.refused:
            refuse_field("change", decision.refused[change.id])
        return Response(ChangeSerializer(self.get_object()).data)

    def _decide_many(self, request: Request, decide: Decide) -> Response:
        body = BulkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ids = list(_chosen(body.validated_data["filter"]).values_list("id", flat=True)[: MOST_AT_ONCE + 1])
        decision = decide(ids[:MOST_AT_ONCE], request.user, body.validated_data["comment"])
        reasons = Counter(decision.refused.values())
        counts = {"matched": len(ids[:MOST_AT_ONCE]), "done": len(decision.done), "refused": len(decision.refused)}
        return Response({**counts, "reasons": dict(reasons), "more": len(ids) > MOST_AT_ONCE})


def _chosen(wanted: dict[str, Any]) -> QuerySet[Change]:
    """The changes of a filter, oldest first. A name or value that the filter does not know is refused."""
    known = ChangeFilter.base_filters
    for name in wanted:
        if name not in known:
            refuse_field("filter", f"There is no filter {name}. There are {', '.join(sorted(known))}.")
    query = QueryDict(mutable=True)
    query.update({name: _text(value) for name, value in wanted.items()})
    chosen = ChangeFilter(query, queryset=Change.objects.all())
    if not chosen.is_valid():
        refuse_field("filter", "; ".join(f"{name}: {said[0]}" for name, said in chosen.errors.items()))
    for name in wanted:
        if chosen.form.cleaned_data[name] in (None, "", []):
            refuse_field("filter", f"{name} is empty: that would mean every change.")
    rows: QuerySet[Change] = chosen.qs
    return rows.order_by("id")


def _user(request: Request) -> Any:
    """Who decides; nobody comes here without having signed in."""
    return request.user


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


class OptOutViewSet(ReadOnly):
    """The register of who said stop, and how each system stands."""

    queryset = OptOut.objects.select_related("connection", "event").prefetch_related(
        Prefetch("changes", Change.objects.select_related("connection").defer("known", "diff").order_by("id"))
    )
    serializer_class = OptOutSerializer
    filterset_class = OptOutFilter
