"""What all answers share: times are ISO 8601 in UTC with Z, things are named by their name or id."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.facts import moment


class Moment(serializers.DateTimeField):
    """A time in UTC with Z, whatever the server's time zone is."""

    def to_representation(self, value: Any) -> Any:
        return moment(value)


class Row(serializers.ModelSerializer[Any]):
    """One row of a table, read only. What is blank is null."""

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.DateTimeField: Moment}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
            field.allow_null = field.allow_null or getattr(field, "allow_blank", False)
        return fields

    def to_representation(self, instance: Any) -> Any:
        shown = super().to_representation(instance)
        return {name: None if value == "" else value for name, value in shown.items()}


class Name(serializers.SlugRelatedField[Any]):
    """Another thing, by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="name", read_only=True, **kwargs)


class Reference(serializers.PrimaryKeyRelatedField[Any]):
    """Another thing, by its id; null when there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def use_pk_only_optimization(self) -> bool:
        return True


@extend_schema_field(OpenApiTypes.STR)
class Word(serializers.ChoiceField):
    """A choice whose words another part of the schema lists already."""
