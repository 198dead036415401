"""What a transform is: a small function with a name, parameters and examples, and what it is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..values import Lookup, value_at

# How the function meets its value. "each": every text in it, other things stay as they are.
# "one": one value that is not blank; of a list the first, of an object nothing. "any": whatever there is.
Takes = Literal["each", "one", "any"]
ParameterType = Literal["text", "whole number", "value", "choice", "table", "region", "time zone", "text with fields"]


@dataclass(frozen=True)
class Context:
    """What a transform may know beside its value.

    `lookup` reads a path of the record as its vendor does; without it a dotted path is walked.
    `region` is the country of phone numbers without a country code, `timezone` that of times without a zone.
    """

    record: Mapping[str, Any] = field(default_factory=dict)
    lookup: Lookup | None = None
    region: str = ""
    timezone: str = "UTC"

    def at(self, path: str) -> tuple[bool, Any]:
        return self.lookup(path) if self.lookup else value_at(self.record, path)


@dataclass(frozen=True)
class Result:
    """A value, and in plain words what was cut or dropped on the way."""

    value: Any
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Noted:
    """What a transform's function gives back when something was lost."""

    value: Any
    note: str


@dataclass(frozen=True)
class Parameter:
    name: str
    type: ParameterType
    help: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    nonblank: bool = False


@dataclass(frozen=True)
class Example:
    """`via` is written as in a mapping; `record` is there for transforms that read other fields."""

    via: Any
    value: Any
    result: Any
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Transform:
    """One entry of the catalogue. The function is called with the value and every parameter in order.

    A contextual one is given `context` too.
    """

    name: str
    label: str
    help: str
    takes: Takes
    function: Callable[..., Any]
    examples: tuple[Example, ...]
    parameters: tuple[Parameter, ...] = ()
    contextual: bool = False

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True)
class Step:
    """One transform with its parameters, as it stands in a mapping."""

    transform: Transform
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.transform.name

    @property
    def spec(self) -> Any:
        """The step as it is written in a mapping; `parse_via([step.spec])` gives the step again."""
        if not self.args:
            return self.name
        first = self.transform.parameters[0].name
        if first not in self.args:
            return {self.name: dict(self.args)}
        return {self.name: self.args[first], **{name: value for name, value in self.args.items() if name != first}}

    def values(self) -> list[Any]:
        """Every parameter in order, with the default where none is given."""
        return [self.args.get(parameter.name, parameter.default) for parameter in self.transform.parameters]
