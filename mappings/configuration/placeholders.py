"""`${NAME}` in a configuration file: a value from the environment. `$${` stands for the characters themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\$(\$)?\{([^}]*)(\})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^A-Z0-9_]")


def fill(text: str, environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with every `${NAME}` replaced, and what is wrong with those that cannot be."""
    problems: list[str] = []

    def value(match: re.Match[str]) -> str:
        escaped, name, end = match.groups()
        if escaped:
            return match.group()[1:]
        if not end or not _NAME.fullmatch(name):
            problems.append("${…} takes the name of an environment variable. Write $${ for the characters themselves.")
            return ""
        if name not in environment:
            problems.append(f"The environment variable {name} is not set.")
        return environment.get(name, "")

    return _PLACE.sub(value, text), problems


def escaped(text: str) -> str:
    """So that reading gives the text again."""
    return text.replace("${", "$${")


class Names:
    """Environment names for a configuration's secrets: GETRESPONSE_MAIN_API_KEY. No two secrets share one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def placeholder(self, *words: str) -> str:
        name = _NOT_IN_A_NAME.sub("_", "_".join(words).upper())
        name = f"_{name}" if name[:1].isdigit() else name
        while name in self._taken:
            name += "_2"
        self._taken.add(name)
        return f"${{{name}}}"
