"""Rules, mappings and runs as the API shows them, and what starts a run or a preview."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.verbs import VERBS
from mappings.models import Mapping, MappingVersion, Rule, Run, RunKind, RunState
from mappings.runs.progress import progress_of

from .audit import CommentSerializer
from .base import Name, Row, Word


class RuleSerializer(Row):
    """A rule as the configuration file writes it, with its name and order."""

    connection = Name()
    condition = serializers.DictField()
    actions = serializers.ListField(child=serializers.DictField())
    approve = serializers.SerializerMethodField(help_text='"never", "always" or {"over": 100}.')

    class Meta:
        model = Rule
        fields = ("name", "connection", "event", "condition", "actions", "approve", "opt_in", "enabled", "position")

    @extend_schema_field(serializers.JSONField())
    def get_approve(self, rule: Rule) -> Any:
        return rule.approve or "never"


class MappingVersionSerializer(Row):
    author: serializers.StringRelatedField[Any] = serializers.StringRelatedField(allow_null=True)
    spec = serializers.DictField(help_text="The mapping as the configuration file writes it.")

    class Meta:
        model = MappingVersion
        fields = ("number", "state", "spec", "summary", "author", "created_at", "published_at")


class MappingSerializer(Row):
    """A mapping with its published version and its draft; null where there is none."""

    published = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField()

    class Meta:
        model = Mapping
        fields = ("name", "published", "draft", "created_at")

    @extend_schema_field(MappingVersionSerializer(allow_null=True))
    def get_published(self, mapping: Mapping) -> Any:
        return self._version(mapping, "published")

    @extend_schema_field(MappingVersionSerializer(allow_null=True))
    def get_draft(self, mapping: Mapping) -> Any:
        return self._version(mapping, "draft")

    def _version(self, mapping: Mapping, state: str) -> Any:
        found = next((version for version in mapping.versions.all() if version.state == state), None)
        return MappingVersionSerializer(found).data if found else None


class RunSerializer(Row):
    scope = serializers.DictField(child=serializers.JSONField())
    plan = serializers.DictField(
        child=serializers.JSONField(), allow_null=True, help_text="Of a backfill: what it will do and cost."
    )
    refused = serializers.IntegerField(help_text="How many changes were left alone.")
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="Why, and how many each.")

    class Meta:
        model = Run
        fields: tuple[str, ...] = (
            *("id", "kind", "state", "scope", "dry_run", "done", "refused", "reasons", "total", "message"),
            *("comment", "actor", "plan"),
            *("created_at", "started_at", "finished_at"),
        )


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a backfill is: records read and planned, writes that arrived, and calls used per connection."""

    read = serializers.IntegerField()
    planned = serializers.IntegerField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Records that needed no write.")
    under_way = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Writes that wait for approval.")
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField(help_text="Writes that were cancelled, rejected or replaced.")
    conflicts = serializers.IntegerField()
    calls = serializers.DictField(child=serializers.IntegerField())
    seconds_left = serializers.IntegerField(allow_null=True, help_text="At the rate so far.")


class RunDetailSerializer(RunSerializer):
    """A run; a backfill with how far it is."""

    state = Word(choices=RunState.choices)
    kind = Word(choices=RunKind.choices)
    progress = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = (*RunSerializer.Meta.fields, "progress")

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, run: Run) -> Any:
        is_backfill = run.kind == RunKind.BACKFILL and not run.dry_run
        return ProgressSerializer(progress_of(run).facts()).data if is_backfill else None


class ScopeSerializer(serializers.Serializer[Any]):
    """What a resync is about: exactly one of the three."""

    email = serializers.EmailField(required=False)
    rule = serializers.CharField(required=False, max_length=120)
    connection = serializers.CharField(required=False, max_length=80)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give exactly one of email, rule and connection.")
        return attrs


class BackfillScopeSerializer(serializers.Serializer[Any]):
    """What a backfill is about."""

    rule = serializers.CharField(max_length=120)
    since = serializers.CharField(required=False, max_length=40, help_text="Only what was changed since: 2026-01-31.")
    limit = serializers.IntegerField(required=False, min_value=1, help_text="Of a pilot: how many records.")
    nights_only = serializers.BooleanField(required=False)


SCOPES: dict[str, type[serializers.Serializer[Any]]] = {RunKind.BACKFILL: BackfillScopeSerializer}


class NewRunSerializer(CommentSerializer):
    kind = Word(choices=RunKind.choices, default=RunKind.RESYNC)
    scope = serializers.DictField(
        child=serializers.JSONField(),
        allow_empty=False,
        help_text="Of a resync exactly one of email, rule and connection; of a backfill rule and, if wanted, since, "
        "limit and nights_only; of retry, approve, reject and cancel a "
        "filter with the names of the list of changes.",
    )
    dry_run = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in VERBS:
            return attrs
        scope = SCOPES.get(attrs["kind"], ScopeSerializer)(data=attrs["scope"])
        if not scope.is_valid():
            raise serializers.ValidationError({"scope": scope.errors})
        return attrs | {"scope": scope.validated_data}


class NewPreviewSerializer(serializers.Serializer[Any]):
    """What to preview: a record as it is, or one to read by its id, by e-mail, or from an event."""

    record = serializers.DictField(required=False)
    record_id = serializers.CharField(required=False, max_length=200)
    email = serializers.EmailField(required=False)
    event = serializers.CharField(required=False, max_length=26)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="Default: the draft, else the published one."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(set(attrs) - {"version"}) != 1:
            raise serializers.ValidationError("Give exactly one of record, record_id, email and event.")
        return attrs


class PreviewRowSerializer(serializers.Serializer[Any]):
    """One target field: what it holds now and what it would hold. The path is under `from`."""

    to = serializers.CharField()
    via = serializers.ListField(child=serializers.JSONField())
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    changes = serializers.BooleanField(help_text="Whether it would be written.")
    synthetic = serializers.BooleanField(help_text="True for a fallback.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": serializers.CharField(allow_blank=True)}


class PreviewSerializer(serializers.Serializer[Any]):
    """What a mapping would do to one record. Nothing is written."""

    mapping = serializers.CharField()
    version = serializers.IntegerField()
    published = serializers.BooleanField()
    record = serializers.DictField(help_text="The source's record.")
    target_record = serializers.DictField(allow_null=True, help_text="What the target holds; null: one would be made.")
    rows = PreviewRowSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="What would be cut, dropped or left out.")
