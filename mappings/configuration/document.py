"""A YAML file as plain data with the line of every key, and its `${NAME}` filled in from the environment.

Read more strictly than YAML allows: no repeated keys, no anchors, and only true, false, null and plain numbers are
anything but text, so that `no`, `2026-12-31` and `0123` stay what was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..spec.problems import Path, Problem
from ..values import storable
from .placeholders import fill

_DEEPEST = 40
_LARGEST = 2_000_000
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """Composes nodes only; what a scalar is, is decided by the few resolvers below."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_RESOLVERS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"|null|Null|NULL|~", ["", *"nN~"]),
    "int": (r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    "float": (r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?", "-+0123456789"),
}
for _tag, (_pattern, _starts) in _RESOLVERS.items():
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"(?:{_pattern})\Z"), list(_starts))


@dataclass
class Document:
    """The file's data; `lines` leads from a path to the line it stands on."""

    name: str
    data: Any = None
    is_file: bool = True  # else its data was made here, and stands on no line
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of the nearest thing on the way that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def say(self, problem: Problem, note: str = "") -> str:
        """demo.yaml:12: mappings.subscriber-to-lead.fields[2].to: 'Emial' is not a field of Lead."""
        where = f"{self.name}:{self.line_of(problem.path)}: " if self.is_file else ""
        return f"{where}{note}{problem}"


def read_document(name: str, content: bytes, environment: Mapping[str, str]) -> Document:
    """Never raises: what cannot be read is a problem."""
    document = Document(name)
    node = _compose(content, document)
    if node is not None:
        document.data = _Reader(document, environment).read(node, ())
    return document


def _compose(content: bytes, document: Document) -> yaml.Node | None:
    try:
        text = _decoded(content)
        _refuse_aliases(text)
        return yaml.compose(text, Loader=_Loader)
    except _Unreadable as error:
        line, message = error.args
    except yaml.MarkedYAMLError as error:
        line, message = (
            _place(error),
            f"The file is not YAML: {', '.join(filter(None, (error.context, error.problem)))}.",
        )
    except yaml.YAMLError:
        line, message = 1, "The file holds a character that YAML does not allow."
    except RecursionError:
        line, message = 1, "The file is nested too deep."
    document.lines[()] = line
    document.problems.append(Problem((), message))
    return None


class _Unreadable(Exception):
    """(line, reason)"""


def _decoded(content: bytes) -> str:
    if len(content) > _LARGEST:
        raise _Unreadable(1, f"The file is larger than {_LARGEST:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(content[: error.start].count(b"\n") + 1, "The file is not UTF-8 text.") from error


def _place(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _refuse_aliases(text: str) -> None:
    """Aliases inside anchors inside anchors make a small file endless."""
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise _Unreadable(line, "Anchors and aliases are not used in this file.")


class _Reader:
    """Turns composed nodes into data, noting lines and problems."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.environment = environment

    def read(self, node: yaml.Node, path: Path) -> Any:
        self.document.lines.setdefault(path, _line(node))
        if len(path) > _DEEPEST:
            self._refuse(path, "This is nested too deep.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._table(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _table(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                self._refuse(path, f"Line {_line(key_node)}: a key is one word, not a list or a table.")
                continue
            if key in table:
                self._refuse((*path, key), f"This stands twice: first on line {self.document.lines[*path, key]}.")
            self.document.lines[*path, key] = _line(key_node)
            table[key] = self.read(value_node, (*path, key))
        return table

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        make = _SCALARS.get(node.tag)
        if make is None:
            self._refuse(path, f"The tag {node.tag.replace(_TAG, '!!')[:40]} is not used in this file.")
            return None
        try:
            value = make(node.value)
        except ValueError:
            self._refuse(path, "This is not the number that its tag says.")
            return None
        return storable(self._filled(value, path)) if isinstance(value, str) else value

    def _filled(self, text: str, path: Path) -> str:
        filled, problems = fill(text, self.environment)
        for problem in problems:
            self._refuse(path, problem)
        return filled

    def _refuse(self, path: Path, message: str) -> None:
        self.document.problems.append(Problem(path, message))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


_SCALARS: dict[str, Callable[[str], Any]] = {
    f"{_TAG}str": str,
    f"{_TAG}int": int,
    f"{_TAG}float": float,
    f"{_TAG}bool": lambda text: text.lower() == "true",
    f"{_TAG}null": lambda text: None,
}
