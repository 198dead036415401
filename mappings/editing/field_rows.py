"""One field of a mapping as a row of inputs, and back. Nothing a row cannot show is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..operators import OPERATORS
from .typing import typed, typed_paths, typed_steps, typed_value, written, written_paths, written_steps, written_value

Inputs = dict[str, Any]
DEFAULTS = {"write": "always", "blank": "ignore", "conflict": ""}
INPUT_OF = {"from": "sources", "if": "if_field"}  # where a key's problem is shown, when the names differ


def inputs_of(row: Mapping[str, Any]) -> Inputs:
    """What the inputs of a row show."""
    plain = {"to": row.get("to", ""), "sources": written_paths(row.get("from")), "via": written_steps(row.get("via"))}
    constants = {"value": written(row.get("value")), "fallback": written(row.get("fallback"))}
    choices = {name: row.get(name, default) for name, default in DEFAULTS.items()}
    return {**plain, **constants, **choices, **_inputs_of_condition(row.get("if"))}


def _inputs_of_condition(condition: Any) -> Inputs:
    if isinstance(condition, Mapping) and "field" in condition:
        op = str(condition.get("op", ""))
        return {"if_field": condition["field"], "if_op": op, "if_value": written_value(op, condition.get("value"))}
    return {"if_json": json.dumps(condition, ensure_ascii=False)} if condition else {}


def row_of(inputs: Inputs) -> dict[str, Any]:
    """The row as design §5.5 writes it: what is left at its default is left out."""
    row: dict[str, Any] = {}
    row |= {"value": typed(inputs["value"])} if inputs["value"] else {}
    row |= {"from": typed_paths(inputs["sources"])} if inputs["sources"] else {}
    row |= {"via": typed_steps(inputs["via"])} if inputs["via"] else {}
    row["to"] = inputs["to"]
    row |= {"fallback": typed(inputs["fallback"])} if inputs["fallback"] else {}
    row |= {name: inputs[name] for name, default in DEFAULTS.items() if inputs[name] and inputs[name] != default}
    condition = _condition_of(inputs)
    return row | ({"if": condition} if condition else {})


def _condition_of(inputs: Inputs) -> Any:
    if inputs.get("if_json"):
        return typed(inputs["if_json"])
    if not inputs["if_field"]:
        return None
    op = inputs["if_op"]
    takes_value = op not in OPERATORS or OPERATORS[op].takes_value
    value = {"value": typed_value(op, inputs["if_value"])} if takes_value else {}
    return {"field": inputs["if_field"], "op": op, **value}
