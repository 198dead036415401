"""What can be made to go wrong, and how the simulated accounts are set up: named switches, kept in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, NoReturn

from .store import Store

Kind = Literal["flag", "count", "number", "text", "choice", "list"]
Values = dict[str, Any]
ALWAYS = "always"
ON, OFF = ("true", "on", "1"), ("false", "off", "0", "")


class SwitchRefused(ValueError):
    """A switch that does not exist, or a value it does not take."""


@dataclass(frozen=True)
class Switch:
    """One thing to switch. A `count` says how often it happens: 0 is off, "always" is every time."""

    name: str
    label: str
    kind: Kind
    default: Any
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """The value as stored. Raises SwitchRefused."""
        try:
            return READERS[self.kind](self, value)
        except (TypeError, ValueError) as error:
            raise SwitchRefused(f"{self.name} does not take {value!r}: {self.kind} expected.") from error


def _read_flag(switch: Switch, value: Any) -> bool:
    word = str(value).lower()
    return word in ON or (_refuse(value) if word not in OFF else False)


def _read_count(switch: Switch, value: Any) -> int | str:
    number = ALWAYS if value in (ALWAYS, -1, "-1") else int(value)
    return number if number == ALWAYS or int(number) >= 0 else _refuse(value)


def _read_number(switch: Switch, value: Any) -> float:
    return float(value) if float(value) >= 0 else _refuse(value)


def _read_choice(switch: Switch, value: Any) -> str:
    return str(value) if value in switch.choices else _refuse(value)


def _read_list(switch: Switch, value: Any) -> list[str]:
    items = value.split(",") if isinstance(value, str) else list(value)
    return [str(item).strip() for item in items if str(item).strip()]


def _refuse(value: Any) -> NoReturn:
    raise ValueError(value)


READERS = {
    "flag": _read_flag,
    "count": _read_count,
    "number": _read_number,
    "text": lambda switch, value: str(value),
    "choice": _read_choice,
    "list": _read_list,
}

FAILURES: tuple[Switch, ...] = (
    Switch("rate_limit", "Refuse the next calls as too many", "count", 0),
    Switch("unauthorized", "Answer 401 to the next calls (1 is once)", "count", 0),
    Switch("timeout_after_write", "Do the next writes, then let the caller wait in vain", "count", 0),
    Switch("timeout_style", "How such a write goes unanswered", "choice", "hang", ("hang", "drop")),
    Switch("hang_seconds", "How long it hangs, in seconds", "number", 60),
    Switch("down", "Be down for the next calls", "count", 0),
    Switch("down_style", "What being down looks like", "choice", "html", ("html", "drop")),
    Switch("latency_ms", "Answer this many milliseconds late", "number", 0),
    Switch("fail_path", "Answer 500 once to the next call whose path contains this", "text", ""),
)


class Switches:
    """The switches of every vendor. Changes are kept in the store."""

    def __init__(self, store: Store, declared: Mapping[str, tuple[Switch, ...]]) -> None:
        self._store = store
        self.declared = {vendor: FAILURES + own for vendor, own in declared.items()}

    def values(self, vendor: str) -> Values:
        changed: Values = self._store.setting(f"switches.{vendor}", {})
        return {switch.name: switch.default for switch in self.declared[vendor]} | changed

    def set(self, vendor: str, changes: Mapping[str, Any]) -> Values:
        """Set some switches; all or none. Raises SwitchRefused."""
        known = {switch.name: switch for switch in self.declared[vendor]}
        for name in changes:
            if name not in known:
                near = ", ".join(get_close_matches(name, known)) or "nothing near"
                raise SwitchRefused(f"{vendor} has no switch {name!r}; there is: {near}.")
        read = {name: known[name].read(value) for name, value in changes.items()}
        with self._store.transaction():
            self._store.set_setting(f"switches.{vendor}", self._store.setting(f"switches.{vendor}", {}) | read)
        return self.values(vendor)

    def reset(self, vendor: str) -> Values:
        self._store.set_setting(f"switches.{vendor}", {})
        return self.values(vendor)
