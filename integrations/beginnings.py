"""Finds texts by how they begin, whatever their case, through an index that both databases understand alike."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Func, QuerySet, Value

_LAST = "\U0010ffff"  # sorts after every character of a text


class Folded(Func):
    """A text without its case, sorted character by character; SQLite folds the letters a to z only."""

    function = "UPPER"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='(%(function)s(%(expressions)s) COLLATE "C")', **context)


def beginning(rows: QuerySet[Any], field: str, start: str) -> QuerySet[Any]:
    """Those whose field starts like this, in the order of the alphabet."""
    first, last = Folded(Value(start)), Folded(Value(start + _LAST))
    matching: QuerySet[Any] = rows.alias(folded=Folded(field)).filter(folded__gte=first, folded__lt=last)
    return matching.order_by("folded")
