"""What all answers share: times are ISO 8601 in UTC with Z, things are named by their name or id."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Moment(serializers.DateTimeField):
    """A time in UTC with Z, whatever the server's time zone is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class Row(serializers.ModelSerializer[Any]):
    """One row of a table, read only."""

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.DateTimeField: Moment}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
        return fields


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
