"""A small honest SOQL: reads a query into a tree, or says where it went wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:\\.|[^'\\])*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
OPERATORS = ("=", "!=", "<>", "<", "<=", ">", ">=")
Kind = Literal["string", "datetime", "date", "number", "word", "sign", "end"]


class MalformedQuery(Exception):
    """The query cannot be read."""


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Value:
    """One value in a query, and how it was written."""

    kind: str  # string number boolean date datetime null
    value: Any


@dataclass(frozen=True)
class Comparison:
    field: str
    operator: str  # = != < <= > >= LIKE IN NOT IN
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Group:
    operator: Literal["AND", "OR", "NOT"]
    parts: tuple[Condition, ...]


Condition = Comparison | Group


@dataclass(frozen=True)
class Order:
    field: str
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """`fields` is empty for `COUNT()`."""

    fields: tuple[str, ...]
    object: str
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


def parse(text: str) -> Query:
    """Raises MalformedQuery."""
    return _Parser(_tokens(text)).query()


def names_any(condition: Condition | None, *fields: str) -> bool:
    """Is any of the fields compared, in whatever case?"""
    if isinstance(condition, Group):
        return any(names_any(part, *fields) for part in condition.parts)
    return condition is not None and condition.field.lower() in [field.lower() for field in fields]


def _tokens(text: str) -> list[Token]:
    tokens, place, text = [], 0, text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise MalformedQuery(f"unexpected token: '{text[place : place + 1].strip() or text[place : place + 2]}'")
        tokens.append(Token(found.lastgroup, found[found.lastgroup]))  # type: ignore[arg-type]
        place = found.end()
    return [*tokens, Token("end", "<EOF>")]


def unescape(quoted: str, keep: str = "") -> str:
    r"""The text between the quotes. Characters in `keep` keep their backslash: `\%` and `\_` mean something to LIKE."""

    def plain(found: re.Match[str]) -> str:
        return found[0] if found[1] in keep else ESCAPES.get(found[1], found[1])

    return re.sub(r"\\(.)", plain, quoted[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._fields()
        self._expect("FROM")
        object = self._name()
        where = self._any_of() if self._take("WHERE") else None
        order = self._orders() if self._take("ORDER") else ()
        limit = self._count() if self._take("LIMIT") else None
        offset = self._count() if self._take("OFFSET") else 0
        if self._now.kind != "end":
            raise self._unexpected()
        return Query(fields, object, where, order, limit, offset)

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _unexpected(self) -> MalformedQuery:
        return MalformedQuery(f"unexpected token: '{self._now.text}'")

    def _step(self) -> Token:
        token = self._now
        self._place += token.kind != "end"
        return token

    def _take(self, *words: str) -> str:
        """The word or sign if it is next, else ""."""
        word = self._now.text.upper()
        if self._now.kind in ("word", "sign") and word in words:
            self._step()
            return word
        return ""

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected()

    def _name(self) -> str:
        if self._now.kind != "word":
            raise self._unexpected()
        return self._step().text

    def _count(self) -> int:
        if self._now.kind != "number" or not self._now.text.isdigit():
            raise self._unexpected()
        return int(self._step().text)

    def _fields(self) -> tuple[str, ...]:
        fields = [self._name()]
        if fields[0].upper() == "COUNT" and self._take("("):
            self._expect(")")
            return ()
        while self._take(","):
            fields.append(self._name())
        return tuple(fields)

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._take("OR"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _one(self) -> Condition:
        if self._take("NOT"):
            return Group("NOT", (self._one(),))
        if self._take("("):
            inside = self._any_of()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        field = self._name()
        if self._take("NOT"):
            self._expect("IN")
            return Comparison(field, "NOT IN", self._values())
        if self._take("IN"):
            return Comparison(field, "IN", self._values())
        if self._take("LIKE"):
            return Comparison(field, "LIKE", (self._literal(keep="%_"),))
        operator = self._take(*OPERATORS)
        if not operator:
            raise self._unexpected()
        return Comparison(field, "!=" if operator == "<>" else operator, (self._literal(),))

    def _values(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self, keep: str = "") -> Value:
        token = self._step()
        if token.kind == "string":
            return Value("string", unescape(token.text, keep))
        if token.kind == "number":
            return Value("number", float(token.text))
        if token.kind in ("date", "datetime"):
            return Value(token.kind, token.text)
        words = {"NULL": Value("null", None), "TRUE": Value("boolean", True), "FALSE": Value("boolean", False)}
        if token.kind == "word" and token.text.upper() in words:
            return words[token.text.upper()]
        raise MalformedQuery(f"unexpected token: '{token.text}'")

    def _orders(self) -> tuple[Order, ...]:
        self._expect("BY")
        orders = [self._order()]
        while self._take(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        field = self._name()
        descending = self._take("ASC", "DESC") == "DESC"
        nulls_last = bool(self._take("NULLS")) and self._take("FIRST", "LAST") == "LAST"
        return Order(field, descending, nulls_last)
