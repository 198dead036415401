"""Filters of the watching lists, each answered through an index."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter

from integrations.models import Connection
from integrations.vendors import errors

from .models import Brake, ChangeState
from .seeking import before, of_connection, said, since

DAY = timedelta(days=1)


def error_codes() -> list[str]:
    """Every code an error of ours can have."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CrosswalkError)
    ]
    return sorted({kind.code for kind in kinds})


class ConnectionFilter(DropdownFilter):  # type: ignore[misc]  # unfold is not typed
    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(name, name) for name in Connection.objects.order_by("name").values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return of_connection(queryset, self.value()) if self.value() else queryset


class ErrorFilter(DropdownFilter):  # type: ignore[misc]  # unfold is not typed
    title = _("error")
    parameter_name = "error_code"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(code, code.replace("_", " ")) for code in error_codes()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return said(queryset, "error_code", self.value()) if self.value() else queryset


class BrakeFilter(DropdownFilter):  # type: ignore[misc]  # unfold is not typed
    """Only what waits was stopped by the brake."""

    title = _("stopped by the brake")
    parameter_name = "braked"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return list(Brake.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stopped = queryset.filter(state=ChangeState.HELD)
        return said(stopped, "braked", self.value()) if self.value() else queryset


class RuleFilter(TextFilter):  # type: ignore[misc]  # unfold is not typed
    title = _("rule")
    parameter_name = "rule"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule=self.value().strip()) if self.value() else queryset


class RunFilter(TextFilter):  # type: ignore[misc]  # unfold is not typed
    title = _("run")
    parameter_name = "run"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return said(queryset, "run_id", self.value().strip()) if self.value() else queryset


class DayFilter(RangeDateFilter):  # type: ignore[misc]  # unfold is not typed
    """Made from one day to another, both included."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        start, end = self._day("from"), self._day("to")
        queryset = since(queryset, self.field_path, start) if start else queryset
        return before(queryset, self.field_path, end + DAY) if end else queryset

    def _day(self, side: str) -> datetime | None:
        return start_of_day(str(self.used_parameters.get(f"{self.parameter_name}_{side}") or ""))


def start_of_day(text: str) -> datetime | None:
    """Where a day begins here; None when the text is no day."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    return timezone.make_aware(datetime(day.year, day.month, day.day)) if day else None
