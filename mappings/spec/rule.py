"""A rule: when this event happens, if these conditions hold, do these actions (design §5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..conditions import Condition, paths_of
from .actions import ACTIONS
from .events import EVENTS
from .parameters import paths_in, read_parameters
from .problems import Path, Problem, SpecError
from .reading import Table, kind_of, name_problem, unknown

Approve = Literal["never", "always"] | int
OptIn = Literal["ask", "lift"]

KEYS = ("when", "if", "approve", "opt_in", "enabled", "do")
APPROVALS = ("never", "always")
OPT_INS = ("ask", "lift")


@dataclass(frozen=True)
class ActionSpec:
    """One action with its keys. `mapping` and `connection` are "" where the action has none."""

    name: str
    params: dict[str, Any]
    mapping: str = ""
    connection: str = ""

    def paths(self) -> set[str]:
        return paths_in(ACTIONS[self.name], self.params)

    def connections(self) -> tuple[str, ...]:
        """Every connection it names itself."""
        return (*([self.connection] if self.connection else ()), *self.params.get("connections", ()))


@dataclass(frozen=True)
class RuleSpec:
    """One rule. `approve` is a number when changes wait for a person above that many. Equal when they mean the same."""

    name: str
    connection: str
    event: str
    condition: Condition | None
    actions: tuple[ActionSpec, ...]
    approve: Approve = "never"
    opt_in: OptIn = "ask"
    enabled: bool = True
    data: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def paths(self) -> set[str]:
        """Every path of the source record that the rule itself reads, without its mappings."""
        asked = paths_of(self.condition) if self.condition else set()
        return asked.union(*(action.paths() for action in self.actions))


def parse_rule(name: str, data: object) -> RuleSpec:
    """Raises SpecError with every problem of form; whether names exist is checked elsewhere."""
    problems: list[Problem] = [Problem((), said)] if (said := name_problem(name)) else []
    spec = _rule(name, Table(data, (), problems, "a rule", KEYS))
    if problems:
        raise SpecError(problems)
    return spec


def _rule(name: str, table: Table) -> RuleSpec:
    when = table.table("when", "when", ("connection", "event"), required=True)
    given = table.has("when")
    actions = table.items("do", required=True)
    return RuleSpec(
        name=name,
        connection=when.text("connection", required=given),
        event=_event(when, given),
        condition=table.condition("if"),
        actions=tuple(filter(None, (_action(item, ("do", at), table.problems) for at, item in enumerate(actions)))),
        approve=_approve(table),
        opt_in=cast(OptIn, table.choice("opt_in", OPT_INS, "ask")),
        enabled=table.flag("enabled", True),
        data=table.data,
    )


def _event(when: Table, required: bool) -> str:
    event = when.text("event", required=required)
    if event and event not in EVENTS:
        when.refuse("event", unknown(event, "an event", EVENTS))
    return event


def _approve(table: Table) -> Approve:
    if not isinstance(table.data.get("approve"), Mapping):
        return cast(Approve, table.choice("approve", APPROVALS, "never"))
    over = table.table("approve", "approve", ("over",)).number("over", required=True)
    if isinstance(over, int) and over >= 0:
        return over
    if over is not None:
        table.refuse("approve", "Write {over: 100}: more changes than this wait for a person.")
    return "always"


def _action(item: object, path: Path, problems: list[Problem]) -> ActionSpec | None:
    if not isinstance(item, Mapping) or len(item) != 1:
        said = "and nothing beside it" if isinstance(item, Mapping) else f"not {kind_of(item)}"
        problems.append(Problem(path, f"An action is one name with its keys, such as upsert: {{mapping: …}}, {said}."))
        return None
    name, keys = next(iter(item.items()))
    form = ACTIONS.get(name)
    if form is None:
        problems.append(Problem((*path, name), unknown(name, "an action", ACTIONS)))
        return None
    table = Table(keys, (*path, name), problems, name, [key.name for key in form.keys])
    params = read_parameters(form, table)
    return ActionSpec(name, params, params.get("mapping", ""), params.get("connection", ""))
