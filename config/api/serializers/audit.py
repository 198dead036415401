"""Changes and opt-outs as the API shows them (design §5.3), and the bodies of decisions about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.facts import change_facts, moment, opt_out_facts
from audit.models import Attempt, Change, ChangeState, Kind, OptOut
from audit.telling import Told, progress_of

from .base import Moment, Name, Reference, Row, Word


class ErrorSerializer(serializers.Serializer[Any]):
    """Why it failed: our code, the vendor's own code and words, and what a person can do."""

    code = serializers.CharField()
    vendor_code = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    help = serializers.CharField(allow_blank=True)


class ValueSerializer(serializers.Serializer[Any]):
    """One field, before and after, and where its value came from. The path is under `from`."""

    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    via = serializers.ListField(child=serializers.JSONField())
    synthetic = serializers.BooleanField(help_text="True for a fallback: written on create only, never data.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": serializers.JSONField(allow_null=True)}


@extend_schema_field(serializers.DictField(child=ValueSerializer()))
class Diff(serializers.JSONField):
    """`{field: {before, after, from, via, synthetic}}`"""


class ChangeSerializer(Row):
    """A change, as in every export."""

    connection = Name()
    person = Reference()
    event = Reference()
    opt_out = Reference()
    replaces = Reference()
    depends_on = Reference()
    run = serializers.CharField(source="run_id", allow_null=True)
    diff = Diff()
    notes = serializers.ListField(child=serializers.CharField(), help_text="What was cut, dropped or left out.")
    error = ErrorSerializer(allow_null=True)

    class Meta:
        model = Change
        fields: tuple[str, ...] = (
            *("id", "state", "connection", "object", "operation", "kind", "record_id", "external_id", "person"),
            *("event", "opt_out", "rule", "mapping", "mapping_version", "diff", "notes", "created", "attempts"),
            *("error", "held_reason", "actor", "replaces", "depends_on", "run"),
            *("created_at", "next_attempt_at", "applied_at"),
        )
        extra_kwargs = {"next_attempt_at": {"allow_null": True}}

    def to_representation(self, instance: Change) -> Any:
        return change_facts(instance)


class AttemptSerializer(Row):
    error = ErrorSerializer(allow_null=True)

    class Meta:
        model = Attempt
        fields = ("number", "rows", "result", "started_at", "finished_at", "response", "error")


class ChangeDetailSerializer(ChangeSerializer):
    """A change with what it was decided by, and each attempt."""

    state = Word(choices=ChangeState.choices)
    kind = Word(choices=Kind.choices)
    params = serializers.DictField(help_text="What is not a field: campaign, status.")
    decided_by = serializers.CharField(allow_null=True, help_text="The user; null when that was nobody, or is gone.")
    decided_at = Moment(allow_null=True)
    tries = AttemptSerializer(many=True, source="attempt_rows")

    class Meta(ChangeSerializer.Meta):
        fields = (*ChangeSerializer.Meta.fields, "params", "comment", "decided_by", "decided_at", "tries")

    def to_representation(self, instance: Change) -> Any:
        decided = {
            "params": instance.params,
            "comment": instance.comment or None,
            "decided_by": instance.decided_by.get_username() if instance.decided_by else None,
            "decided_at": moment(instance.decided_at),
        }
        tries = AttemptSerializer(instance.attempt_rows.all(), many=True).data
        return change_facts(instance) | decided | {"tries": tries}


class CommentSerializer(serializers.Serializer[Any]):
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class BulkSerializer(CommentSerializer):
    """Which changes: a filter with the same names as the list's. An empty one is refused."""

    filter = serializers.DictField(child=serializers.JSONField(), allow_empty=False)


class DecisionSerializer(serializers.Serializer[Any]):
    """How many changes were decided, and how many were refused, by reason."""

    matched = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    more = serializers.BooleanField(help_text="Always false: what is more than one call decides is decided by a run.")


class SystemSerializer(serializers.Serializer[Any]):
    """One record that was told, or held the opt-out already."""

    connection = serializers.CharField()
    object = serializers.CharField()
    record_id = serializers.CharField()
    state = serializers.CharField(help_text="The state of its change, or already.")
    change = serializers.CharField(required=False)
    told_at = Moment(allow_null=True)
    read_back_at = Moment(allow_null=True, required=False)
    error = ErrorSerializer(allow_null=True, required=False)


class ToldSerializer(serializers.Serializer[Any]):
    """How one system stands: told, waiting, failed, or nobody when it holds no record of the person."""

    connection = serializers.CharField(source="name")
    state = serializers.ChoiceField(choices=[word.value for word in Told])
    told_at = Moment(allow_null=True, source="at")


class OptOutListSerializer(serializers.ListSerializer[Any]):
    """Looks up for a whole page how far each opt-out has got."""

    def to_representation(self, data: Any) -> Any:
        rows = list(data)
        attach_progress(rows)
        return super().to_representation(rows)


def attach_progress(rows: Sequence[Any]) -> None:
    """Set `progress` on each opt-out; one query for all."""
    progress = progress_of(rows)
    for row in rows:
        row.progress = progress[row.pk]


class OptOutSerializer(Row):
    """An opt-out, as in every export, and how each system stands."""

    connection = Name(help_text="Where it was heard.")
    person = Reference()
    event = Reference()
    evidence = serializers.DictField()
    targets = serializers.ListField(child=serializers.CharField(), help_text="The connections that must know.")
    systems = SystemSerializer(many=True)
    told = ToldSerializer(many=True)
    told_at = Moment(allow_null=True, help_text="When the last system was told; null while one is not.")

    class Meta:
        model = OptOut
        list_serializer_class = OptOutListSerializer
        fields = (
            *("id", "person", "address", "channel", "scope", "state", "reason", "connection", "event", "evidence"),
            *("targets", "systems", "heard_at", "received_at", "lifted_at", "told", "told_at"),
        )

    def to_representation(self, instance: Any) -> Any:
        if not hasattr(instance, "progress"):
            attach_progress([instance])
        told = ToldSerializer(instance.progress.systems, many=True).data
        return opt_out_facts(instance) | {"told": told, "told_at": moment(instance.progress.told_at)}
