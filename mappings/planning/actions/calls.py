"""call: an operation of the vendor's catalogue is run, once for each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.models import Kind

from ...texts import render
from ..case import Case, Step
from .acts import name_act, not_repeated
from .following import Subject, add_changes, change_about, written


def plan_call(step: Step, cases: Sequence[Case]) -> None:
    """One change per event, with its texts filled in. It needs no record of the person there."""
    connection = step.shop.connections[step.params["connection"]]
    planned = []
    for case in not_repeated(step, cases):
        parts = {key: filled(step.params.get(key), case) for key in ("params", "body") if key in step.params}
        change = change_about(
            step,
            case,
            connection,
            Subject(""),
            object=step.params["operation"],
            kind=Kind.OTHER,
            diff={key: written(value, f"rule: {key}") for key, value in parts.items()},
            params={"operation": step.params["operation"], **parts},
        )
        if name_act(step, case, change):
            planned.append((case, change))
    add_changes(planned)


def filled(value: Any, case: Case) -> Any:
    """The same with the placeholders of every text in it filled in."""
    if isinstance(value, str):
        return render(value, case.context()).value
    if isinstance(value, Mapping):
        return {key: filled(each, case) for key, each in value.items()}
    return [filled(each, case) for each in value] if isinstance(value, list) else value
