"""Rules, mappings with their preview, and runs."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.filters import RuleFilter, RunFilter
from config.api.serializers.mappings import (
    MappingSerializer,
    NewPreviewSerializer,
    NewRunSerializer,
    PreviewSerializer,
    RuleSerializer,
    RunDetailSerializer,
    RunSerializer,
)
from integrations.models import Connection, Event
from integrations.vendors.base import Record
from integrations.vendors.errors import CrosswalkError
from mappings.editing.sampling import (
    Sample,
    preview_record,
    read_record,
    read_record_by_email,
    record_of_event,
)
from mappings.models import Mapping, MappingVersion, Rule, Run, RunKind, VersionState
from mappings.runs import RunRefused, may_resume, may_see_runs, may_start, resume_run, start_run, stop_run
from mappings.spec import MappingSpec, SpecError, parse_mapping

from .base import ByName, ReadOnly, refuse, refuse_field


class RuleViewSet(ByName):
    """When this event happens, if these conditions hold, do these actions."""

    queryset = Rule.objects.select_related("connection")
    serializer_class = RuleSerializer
    filterset_class = RuleFilter


class MappingViewSet(ByName):
    """How fields of a source object become fields of a target object."""

    queryset = Mapping.objects.prefetch_related("versions__author")
    serializer_class = MappingSerializer
    filterset_fields = ("name",)
    action_permissions = {"preview": "mappings.change_mapping"}

    @extend_schema(request=NewPreviewSerializer, responses=PreviewSerializer, filters=False)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, name: str) -> Response:
        """What the mapping would do to one record: before and after, field by field. Writes nothing."""
        mapping = self.get_object()
        body = NewPreviewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        version = _version(mapping, body.validated_data.get("version"))
        spec = _spec(mapping, version)
        try:
            sample = preview_record(spec, _record(spec, body.validated_data))
        except CrosswalkError as error:
            refuse(error)
        return Response(PreviewSerializer(_answer(mapping, version, sample)).data)


def _version(mapping: Mapping, number: int | None) -> MappingVersion:
    if number is not None:
        return get_object_or_404(mapping.versions, number=number)
    version = mapping.draft or mapping.published
    if version is None:
        refuse_field("version", "This mapping has no version yet.")
    return version


def _spec(mapping: Mapping, version: MappingVersion) -> MappingSpec:
    try:
        return parse_mapping(mapping.name, version.spec)
    except SpecError as error:
        refuse_field("version", str(error))


def _record(spec: MappingSpec, chosen: dict[str, Any]) -> Record:
    if "record" in chosen:
        return dict(chosen["record"])
    if "record_id" in chosen:
        return read_record(spec, chosen["record_id"])
    if "email" in chosen:
        return read_record_by_email(spec, chosen["email"])
    return record_of_event(spec, get_object_or_404(Event.objects.select_related("connection"), pk=chosen["event"]))


def _answer(mapping: Mapping, version: MappingVersion, sample: Sample) -> dict[str, Any]:
    rows = [
        {
            "to": row.to,
            "from": row.origin,
            "via": row.via,
            "before": row.before,
            "after": row.after,
            "changes": row.changes,
            "synthetic": row.synthetic,
        }
        for row in sample.preview.rows
    ]
    facts = {"mapping": mapping.name, "version": version.number, "published": version.state == VersionState.PUBLISHED}
    return facts | {
        "record": sample.record,
        "target_record": sample.target,
        "rows": rows,
        "notes": sample.preview.notes,
    }


class RunViewSet(ReadOnly):
    """Passes over many records or changes."""

    queryset = Run.objects.all()
    serializer_class = RunSerializer
    filterset_class = RunFilter

    @extend_schema(responses=RunDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One run; a backfill with its plan and progress."""
        return Response(RunDetailSerializer(self.get_object()).data)

    def may(self, request: Request) -> bool:
        """Each kind of run has its own permission: to start it, to see how far it is, and to stop it."""
        if self.action == "create":
            return may_start(request.user, _kind_asked_for(request.data))
        if self.action == "resume":
            return may_resume(request.user, get_object_or_404(Run, pk=self.kwargs["pk"]))
        if self.action == "stop":
            return may_start(request.user, get_object_or_404(Run, pk=self.kwargs["pk"]).kind)
        return may_see_runs(request.user)

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer}, filters=False)
    def create(self, request: Request) -> Response:
        """Start a run: a resync of one of `email`, `rule` and `connection`, a backfill, or a decision about changes.

        A dry run of a backfill is its plan.
        """
        body = NewRunSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        chosen, user = body.validated_data, request.user
        if chosen["kind"] in (RunKind.RESYNC, RunKind.BACKFILL):
            _check_scope(chosen["scope"])
        facts = {"user": user, "comment": chosen["comment"]}
        try:
            run = start_run(chosen["kind"], chosen["scope"], user.get_username(), chosen["dry_run"], **facts)
        except RunRefused as error:
            refuse_field("kind" if chosen["kind"] == RunKind.RESYNC else "scope", str(error))
        return Response(RunSerializer(run).data, status=201)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End a run where it is. What it did stays done."""
        if not stop_run(self.get_object(), request.user.get_username()):
            refuse_field("run", "It has ended already.")
        return Response(RunSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Take up a backfill where it stopped. What the brake holds of it is approved, and it goes on without it."""
        user: Any = request.user
        if not resume_run(self.get_object(), user.get_username(), user):
            refuse_field("run", "Only a backfill that stopped, failed or stands at the brake is resumed.")
        return Response(RunSerializer(self.get_object()).data)


def _kind_asked_for(body: Any) -> str:
    return str(body.get("kind", RunKind.RESYNC)) if isinstance(body, dict) else ""


def _check_scope(scope: dict[str, str]) -> None:
    for name, table in (("rule", Rule), ("connection", Connection)):
        if name in scope and not table._default_manager.filter(name=scope[name]).exists():
            refuse_field("scope", f"There is no {name} {scope[name]}.")
