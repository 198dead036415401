"""The catalogue as a page of the documentation; `python -m mappings.transforms.page` prints it."""

from __future__ import annotations

import json
from typing import Any

import yaml

from .base import Example, Parameter, Transform
from .catalogue import CATALOGUE

_OPENING = """# Transforms

Written from the catalogue by `python -m mappings.transforms.page > docs/transforms.md`; change it there.

A field of a mapping names its transforms under `via`, and they are applied from left to right:
`via: [names, {join: ";"}]`. A parameter stands behind the name, several in a list or by name:
`{replace: [a, b]}` is `{replace: {find: a, with: b}}`. In texts the same is written with bars: `{name|truncate:20}`.
Every transform is safe on every value: what it cannot read it drops, and the change says so.
"""


def catalogue_markdown() -> str:
    return "\n".join([_OPENING, *map(_section, CATALOGUE.values())])


def _section(transform: Transform) -> str:
    lines = [f"## {transform.name}", transform.help, "", *map(_parameter, transform.parameters)]
    table = ["| via | value | gives |", "|---|---|---|", *map(_example, transform.examples)]
    return "\n".join([*lines, *([""] if transform.parameters else []), *table, ""])


def _parameter(parameter: Parameter) -> str:
    kind = " or ".join(f"`{choice}`" for choice in parameter.choices) or parameter.type
    needed = (
        "required" if parameter.required else f"else {_code(parameter.default)}" if parameter.default else "optional"
    )
    return f"- `{parameter.name}` ({kind}, {needed}): {parameter.help}"


def _example(example: Example) -> str:
    record = f" in {_code(dict(example.record))}" if example.record else ""
    return f"| {_cell(_written(example.via))} | {_code(example.value)}{record} | {_code(example.result)} |"


def _written(via: Any) -> str:
    """As it stands between the brackets of `via: [...]`."""
    written = yaml.safe_dump([via], default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return written.strip()[1:-1]


def _code(value: Any) -> str:
    return _cell(json.dumps(value, ensure_ascii=False))


def _cell(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"


if __name__ == "__main__":
    print(catalogue_markdown(), end="")
