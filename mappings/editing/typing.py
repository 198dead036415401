"""How values stand in an input: text as it is, everything else as JSON. What is written so is read back the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..operators import OPERATORS


def written(value: Any) -> str:
    """A value as a person types it; text that could be taken for something else stands in quotes."""
    if isinstance(value, str) and value == value.strip() and value and not _is_json(value):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def typed(text: str) -> Any:
    """The value a person typed: a number, true, false, a list or quoted text as JSON has them, else text."""
    text = text.strip()
    try:
        return json.loads(text, parse_constant=_refused)
    except ValueError:
        return text


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is text.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refused)
    except ValueError:
        return False
    return True


def written_steps(via: Any) -> str:
    """Transforms, one per line: `truncate: 128`."""
    return "\n".join(map(_written_step, via if isinstance(via, list) else [via] if via else []))


def _written_step(step: Any) -> str:
    if isinstance(step, str):
        return step
    if isinstance(step, dict) and len(step) == 1:
        name, value = next(iter(step.items()))
        return f"{name}: {written(value)}"
    return json.dumps(step, ensure_ascii=False)


def typed_steps(text: str) -> list[Any]:
    return [_typed_step(line.strip()) for line in text.splitlines() if line.strip()]


def _typed_step(line: str) -> Any:
    name, colon, value = line.partition(":")
    if line.startswith("{") or not colon:
        return typed(line)
    return {name.strip(): typed(value)}


def written_paths(paths: Any) -> str:
    """One path or several, separated by commas."""
    return ", ".join(map(str, paths)) if isinstance(paths, list) else str(paths or "")


def typed_paths(text: str) -> str | list[str]:
    paths = typed_list(text)
    return paths[0] if len(paths) == 1 else paths


def typed_list(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


SEVERAL = ("texts", "list")


def written_value(op: str, value: Any) -> str:
    """A condition's value: several with commas where the operator takes several and none holds a comma."""
    takes_several = op in OPERATORS and OPERATORS[op].kind in SEVERAL
    if takes_several and isinstance(value, Sequence) and not isinstance(value, str):
        shown = [written(item) for item in value]
        return ", ".join(shown) if not any("," in item for item in shown) else written(list(value))
    return written(value)


def typed_value(op: str, text: str) -> Any:
    value = typed(text)
    if op in OPERATORS and OPERATORS[op].kind in SEVERAL and isinstance(value, str):
        return [typed(part) for part in typed_list(value)]
    return value
