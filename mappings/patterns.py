"""Regular expressions that cannot hang: every character is looked at once, whatever the pattern and the text.

Python's own engine tries one way after another, and a pattern such as (a+)+$ takes for ever on a text that somebody
outside can send. This one follows all ways at once (Thompson 1968). It knows characters, ".", classes, \\d \\w \\s \\b,
groups, "|", "^", "$", the quantifiers * + ? {2} {2,5}, and (?i) at the start for any case; it finds the pattern
anywhere in the text. References back, look-arounds and the like are refused. A text is read up to 1,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

_LONGEST_PATTERN = 200
_LONGEST_TEXT = 1_000
_MOST_STATES = 300
_MOST_REPEATS = 100
_DEEPEST = 20
_CLASS_ESCAPES = "dwsDWS"
_SPECIAL = {"n": "\n", "t": "\t", "r": "\r"}
_COUNT = re.compile(r"\{(\d{1,3})(,?)(\d{0,3})\}")
_WORD = re.compile(r"\w")

Accepts = Callable[[str], object]
Allows = Callable[[str, int], bool]  # (text, position): may one pass here


@dataclass
class _State:
    """Reads a character (`accepts`), or goes on without reading where `allows` lets it; `to` is where it leads."""

    to: list[int]
    accepts: Accepts | None = None
    allows: Allows | None = None


@dataclass
class _Machine:
    states: list[_State] = field(default_factory=list)

    def add(self, to: list[int], accepts: Accepts | None = None, allows: Allows | None = None) -> int:
        if len(self.states) >= _MOST_STATES:
            raise ValueError("The pattern is too large: use smaller counts.")
        self.states.append(_State(to, accepts, allows))
        return len(self.states) - 1


Part = Callable[[_Machine, int], int]  # adds itself before a state and gives the state it starts with


@dataclass(frozen=True)
class Pattern:
    """A pattern that was read. State 0 is the end of a match."""

    states: tuple[_State, ...]
    start: int

    def found_in(self, text: str) -> bool:
        text = text[:_LONGEST_TEXT]
        current: set[int] = set()
        for position in range(len(text) + 1):
            here = self._reached({*current, self.start}, text, position)
            if 0 in here:
                return True
            current = self._after(here, text[position : position + 1])
        return False

    def _reached(self, starts: set[int], text: str, position: int) -> set[int]:
        """All states that can be reached from these without reading a character."""
        seen, waiting = set(starts), list(starts)
        while waiting:
            state = self.states[waiting.pop()]
            if state.accepts or (state.allows and not state.allows(text, position)):
                continue
            new = [target for target in state.to if target not in seen]
            seen.update(new)
            waiting += new
        return seen

    def _after(self, states: set[int], character: str) -> set[int]:
        if not character:
            return set()
        reading = (self.states[number] for number in states)
        return {target for state in reading if state.accepts and state.accepts(character) for target in state.to}


@lru_cache(maxsize=512)
def pattern_of(text: str) -> Pattern:
    """Raises ValueError with a plain sentence."""
    if len(text) > _LONGEST_PATTERN:
        raise ValueError(f"A pattern has at most {_LONGEST_PATTERN} characters.")
    reader = _Reader(text.removeprefix("(?i)"), re.IGNORECASE if text.startswith("(?i)") else re.NOFLAG)
    part = reader.alternatives()
    if reader.rest():
        raise ValueError(f"The pattern has a “{reader.rest()[0]}” too many at character {reader.position + 1}.")
    machine = _Machine()
    end = machine.add([])
    start = part(machine, end)
    return Pattern(tuple(machine.states), start)


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass
class _Reader:
    """Reads a pattern from left to right."""

    text: str
    flags: re.RegexFlag
    position: int = 0
    depth: int = 0

    def rest(self) -> str:
        return self.text[self.position :]

    def took(self, expected: str) -> bool:
        if not self.rest().startswith(expected):
            return False
        self.position += len(expected)
        return True

    def alternatives(self) -> Part:
        parts = [self.sequence()]
        while self.took("|"):
            parts.append(self.sequence())
        return _any_of(parts) if len(parts) > 1 else parts[0]

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.rest() and self.rest()[0] not in "|)":
            parts.append(self.repeated(self.atom()))
        return _in_order(parts)

    def repeated(self, part: Part) -> Part:
        counts = self.counts()
        if counts is None:
            return part
        self.took("?")  # lazy or greedy finds the same
        if self.rest()[:1] in ("*", "+", "?") or _COUNT.match(self.rest()):
            raise ValueError(f"The pattern repeats a repetition at character {self.position + 1}.")
        return _times(part, *counts)

    def counts(self) -> tuple[int, int | None] | None:
        for mark, counts in _QUANTIFIERS.items():
            if self.took(mark):
                return counts
        match = _COUNT.match(self.rest())
        if not match:
            return None
        self.position += match.end()
        least, comma, most = match.groups()
        return _checked_counts(int(least), int(most) if most else None if comma else int(least))

    def atom(self) -> Part:
        character = self.rest()[0]
        self.position += 1
        special = {"(": self.group, "[": self.character_class, "\\": self.escape}.get(character)
        if special:
            return special()
        if character in "*+?" or (character == "{" and _COUNT.match("{" + self.rest())):
            raise ValueError(f"The pattern has nothing to repeat at character {self.position}.")
        if character in _PLACES:
            return _at(_PLACES[character])
        return self.one(character if character == "." else re.escape(character))

    def group(self) -> Part:
        if not self.took("?:") and self.rest().startswith("?"):
            raise ValueError("Look-arounds and named groups are not supported in a pattern.")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError("The pattern has too many groups inside each other.")
        part = self.alternatives()
        self.depth -= 1
        if not self.took(")"):
            raise ValueError("The pattern lacks a “)”.")
        return part

    def character_class(self) -> Part:
        match = re.match(r"\^?\]?(?:[^\]\\]|\\.)*\]", self.rest())
        if not match or "--" in match.group():
            raise ValueError("The pattern lacks a “]”, or has “--” between brackets.")
        self.position += match.end()
        return self.one("[" + re.sub(r"(?<!\\)([\[&~|])", r"\\\1", match.group()))

    def escape(self) -> Part:
        character = self.rest()[:1]
        self.position += 1
        if character in _PLACES_ESCAPED:
            return _at(_PLACES_ESCAPED[character])
        if character and character in _CLASS_ESCAPES:
            return self.one("\\" + character)
        if character in _SPECIAL or (character and not character.isalnum()):
            return self.one(re.escape(_SPECIAL.get(character, character)))
        raise ValueError(f"“\\{character}” is not supported in a pattern.")

    def one(self, atom: str) -> Part:
        """One character, as Python's engine understands it."""
        try:
            accepts = re.compile(atom, self.flags).fullmatch
        except re.error as error:
            raise ValueError(f"The pattern cannot be read: {error.msg}.") from error
        return lambda machine, then: machine.add([then], accepts=accepts)


_QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def _checked_counts(least: int, most: int | None) -> tuple[int, int | None]:
    if max(least, most or 0) > _MOST_REPEATS or (most is not None and most < least):
        raise ValueError(f"The pattern repeats at most {_MOST_REPEATS} times, the smaller count first.")
    return least, most


# --- parts ------------------------------------------------------------------------------------------------------


def _in_order(parts: list[Part]) -> Part:
    def add(machine: _Machine, then: int) -> int:
        start = then if parts else machine.add([then])
        for part in reversed(parts):
            start = part(machine, start)
        return start

    return add


def _any_of(parts: list[Part]) -> Part:
    return lambda machine, then: machine.add([part(machine, then) for part in parts])


def _times(part: Part, least: int, most: int | None) -> Part:
    def add(machine: _Machine, then: int) -> int:
        start = _loop(machine, part, then) if most is None else machine.add([then])
        for _ in range((most or least) - least):
            start = machine.add([part(machine, start), then])
        for _ in range(least):
            start = part(machine, start)
        return start

    return add


def _loop(machine: _Machine, part: Part, then: int) -> int:
    loop = machine.add([then])
    machine.states[loop].to.append(part(machine, loop))
    return loop


def _at(allows: Allows) -> Part:
    return lambda machine, then: machine.add([then], allows=allows)


def _on_word_edge(text: str, position: int) -> bool:
    before, after = text[max(position - 1, 0) : position], text[position : position + 1]
    return bool(_WORD.match(before)) != bool(_WORD.match(after))


_PLACES: dict[str, Allows] = {
    "^": lambda text, position: position == 0,
    "$": lambda text, position: position == len(text),
}
_PLACES_ESCAPED: dict[str, Allows] = {
    "b": _on_word_edge,
    "B": lambda text, position: not _on_word_edge(text, position),
}
