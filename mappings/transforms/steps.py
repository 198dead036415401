"""The `via` of a mapping's field: read from what a person wrote, and applied to a value.

`via: [first_name]`, `[{truncate: 128}]`, `[{replace: [a, b]}]`, `[{replace: {find: a, with: b}}]`,
`[{map_values: {gold: Hot}, else: Cold}]`. One step alone needs no list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..spelling import did_you_mean
from ..values import cut, items_of, plain, text_of
from .base import Context, Noted, Result, Step
from .catalogue import CATALOGUE
from .parameters import checked

_MOST_STEPS = 20
_LONGEST_RESULT = 200_000


# --- reading ----------------------------------------------------------------------------------------------------


def parse_via(spec: object) -> list[Step]:
    """Raises ValueError with a plain sentence and the nearest known name."""
    if spec is None:
        return []
    specs: Sequence[object] = spec if isinstance(spec, list | tuple) else [spec]
    if len(specs) > _MOST_STEPS:
        raise ValueError(f"At most {_MOST_STEPS} transforms in a row, not {len(specs)}.")
    return [_step(item) for item in specs]


def _step(spec: object) -> Step:
    if isinstance(spec, Step):
        return spec
    if isinstance(spec, str):
        return step_of(spec, {})
    if isinstance(spec, Mapping):
        return _step_with_parameters({text_of(plain(key)): value for key, value in spec.items()})
    raise ValueError(
        f"A transform is a name, or a name with its parameters, not {text_of(plain(spec))[:40] or 'nothing'}."
    )


def _step_with_parameters(spec: dict[str, Any]) -> Step:
    """One key names the transform; other keys are further parameters of it (`else` of map_values)."""
    named = [key for key in spec if key in CATALOGUE]
    if len(named) > 1:
        raise ValueError(f"One transform per entry: write {' and '.join(named)} as entries of their own.")
    if not named:
        _refuse_unknown(next(iter(spec), ""))
    name = named[0]
    others = {key: value for key, value in spec.items() if key != name}
    return step_of(name, {**_given(name, spec[name]), **others})


def _given(name: str, value: Any) -> dict[str, Any]:
    """Parameters by name, in order, or the first one alone."""
    parameters = CATALOGUE[name].parameters
    if value is None:
        return {}
    if isinstance(value, Mapping) and not (parameters and parameters[0].type == "table"):
        return {text_of(plain(key)): item for key, item in value.items()}
    return by_position(name, list(value) if isinstance(value, list | tuple) else [value])


def by_position(name: str, values: Sequence[Any]) -> dict[str, Any]:
    parameters = CATALOGUE[name].parameters
    if len(values) > len(parameters):
        takes = ", ".join(parameter.name for parameter in parameters) or "none"
        raise ValueError(f"{name} was given {len(values)} parameters and takes fewer: {takes}.")
    return {parameter.name: value for parameter, value in zip(parameters, values, strict=False)}


def step_of(name: str, given: Mapping[str, Any]) -> Step:
    """One step from a transform's name and its parameters by name. Raises ValueError."""
    if name not in CATALOGUE:
        _refuse_unknown(name)
    transform = CATALOGUE[name]
    return Step(transform, checked(transform, given))


def _refuse_unknown(name: str) -> None:
    raise ValueError(f"There is no transform “{name[:40]}”.{did_you_mean(name, CATALOGUE)}")


def paths_read(steps: Sequence[Step]) -> set[str]:
    """Further paths of the record that the steps read, beside the value they are given."""
    from ..texts import paths_of  # placeholders apply transforms, so that module builds on this one

    texts = [step.args["text"] for step in steps if step.name == "template"]
    return {path for text in texts for path in paths_of(text)} - {"value"}


# --- applying ---------------------------------------------------------------------------------------------------


def apply(steps: Sequence[Step], value: object, context: Context | None = None) -> Result:
    """The value after every step, JSON-able, and what was cut or dropped. Never raises."""
    notes: list[str] = []
    result = plain(value)
    for step in steps:
        result = _TAKES[step.transform.takes](_call(step, context or Context(), notes), result, notes)
    return Result(result, notes)


Call = Callable[[Any], Any]


def _call(step: Step, context: Context, notes: list[str]) -> Call:
    extra: dict[str, Any] = {"context": context} if step.transform.contextual else {}
    args = step.values()

    def call(value: Any) -> Any:
        given = step.transform.function(value, *args, **extra)
        if isinstance(given, Noted):
            _note(notes, given.note)
            given = given.value
        return cut(given, _LONGEST_RESULT) if isinstance(given, str) else given

    return call


def _note(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _on_each(call: Call, value: Any, notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_on_each(call, item, notes) for item in value]
    return call(value) if isinstance(value, str) else value


def _on_one(call: Call, value: Any, notes: list[str]) -> Any:
    items = items_of(value)
    if not items:
        return None
    if len(items) > 1:
        _note(notes, f"Only the first of {len(items)} values was used.")
    if isinstance(items[0], list | dict):
        _note(notes, "Dropped: an object where one value was needed.")
        return None
    return call(items[0])


def _on_anything(call: Call, value: Any, notes: list[str]) -> Any:
    return call(value)


_TAKES: dict[str, Callable[[Call, Any, list[str]], Any]] = {"each": _on_each, "one": _on_one, "any": _on_anything}
