"""Finds texts by how they begin, whatever their case, through an index that both databases understand alike."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import CharField, Func, Model, Q, QuerySet, Value

_Row = TypeVar("_Row", bound=Model)
_LAST = "\U0010ffff"  # sorts after every character of a text


class Folded(Func):
    """A text without its case, sorted character by character; SQLite folds the letters a to z only."""

    function = "UPPER"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='(%(function)s(%(expressions)s) COLLATE "C")', **context)


def beginning(rows: QuerySet[_Row], field: str, start: str) -> QuerySet[_Row]:
    """Those whose field starts like this, in the order of the alphabet."""
    first, last = Folded(Value(start)), Folded(Value(start + _LAST))
    return rows.alias(folded=Folded(field)).filter(Q(folded__gte=first), Q(folded__lt=last)).order_by("folded")
