"""Changes and opt-outs as the API shows them (design §5.3), and the bodies of decisions about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Attempt, Change, ChangeState, Kind, OptOut
from config.api.opt_outs import Told, told_by_connection

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
    connection = Name()
    person = Reference()
    event = Reference()
    diff = Diff()
    error = ErrorSerializer(allow_null=True)

    class Meta:
        model = Change
        fields: tuple[str, ...] = (
            *("id", "state", "connection", "object", "operation", "kind", "record_id", "external_id", "person"),
            *("event", "rule", "mapping", "mapping_version", "diff", "created", "attempts", "error", "actor"),
            *("created_at", "applied_at"),
        )


class AttemptSerializer(Row):
    error = ErrorSerializer(allow_null=True)

    class Meta:
        model = Attempt
        fields = ("number", "rows", "result", "started_at", "finished_at", "response", "error")


class ChangeDetailSerializer(ChangeSerializer):
    """A change with its notes, why it waits, what it hangs together with, and each attempt."""

    state = Word(choices=ChangeState.choices)
    kind = Word(choices=Kind.choices)
    notes = serializers.ListField(child=serializers.CharField(), help_text="What was cut, dropped or left out.")
    opt_out = Reference()
    depends_on = Reference()
    replaces = Reference()
    tries = AttemptSerializer(many=True, source="attempt_rows")

    class Meta(ChangeSerializer.Meta):
        fields = (
            *ChangeSerializer.Meta.fields,
            *("params", "notes", "held_reason", "opt_out", "depends_on", "replaces", "comment", "decided_at"),
            *("next_attempt_at", "tries"),
        )


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
    more = serializers.BooleanField(help_text="True when there were more than one call decides: send it again.")


class ToldRecordSerializer(serializers.Serializer[Any]):
    object = serializers.CharField()
    record_id = serializers.CharField()
    state = serializers.CharField()
    told_at = Moment(allow_null=True)
    read_back_at = Moment(allow_null=True)
    change = serializers.CharField(allow_null=True)
    error = ErrorSerializer(allow_null=True)


class ToldSerializer(serializers.Serializer[Any]):
    """How one system stands: told, waiting, failed, or no_record when it holds nobody to tell about."""

    connection = serializers.CharField()
    state = serializers.ChoiceField(choices=("told", "waiting", "failed", "no_record"))
    told_at = Moment(allow_null=True)
    records = ToldRecordSerializer(many=True)


class OptOutSerializer(Row):
    connection = Name(help_text="Where it was heard.")
    person = Reference()
    event = Reference()
    systems = serializers.SerializerMethodField()
    evidence = serializers.DictField()

    class Meta:
        model = OptOut
        fields = (
            *("id", "person", "address", "channel", "scope", "list_id", "state", "reason", "connection", "event"),
            *("rule", "evidence", "heard_at", "received_at", "lifted_at", "systems"),
        )

    @extend_schema_field(ToldSerializer(many=True))
    def get_systems(self, opt_out: OptOut) -> Any:
        told: list[Told] = told_by_connection(opt_out)
        return ToldSerializer(told, many=True).data
