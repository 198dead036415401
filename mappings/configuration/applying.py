"""Plans and applies a configuration file: all of it or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from ..spec import SpecError
from .conflicts import conflicts_of
from .reading import Configuration, read_file
from .steps import Step, steps_to
from .trial import check_configuration


class Refused(Exception):
    """The file cannot be applied; `lines` say why, each with its line in the file."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Plan:
    """The steps a file asks for, and in plain sentences what could not be checked."""

    steps: list[Step]
    warnings: list[str]

    def counted(self, sentence: str) -> str:
        """The last line: `sentence` takes the numbers of what is added, changed and removed."""
        signs = Counter(step.sign for step in self.steps)
        return sentence.format(signs["+"], signs["~"], signs["-"]) if self.steps else "No changes."


def plan_file(path: str, environment: Mapping[str, str], prune: bool = False) -> Plan:
    """Changes nothing. Raises Refused, and OSError when the file cannot be opened."""
    return plan_configuration(read_file(path, environment), prune)


def apply_file(path: str, environment: Mapping[str, str], prune: bool = False) -> Plan:
    """Make it so, in one transaction; an unchanged file does nothing. Raises as `plan_file` does."""
    return apply_configuration(read_file(path, environment), prune)


def plan_configuration(configuration: Configuration, prune: bool = False) -> Plan:
    warnings = _checked(configuration, prune)
    return Plan(steps_to(configuration, prune), warnings)


def apply_configuration(configuration: Configuration, prune: bool = False, first_position: int = 1) -> Plan:
    """`first_position` is the place of its first rule in the order of all."""
    warnings = _checked(configuration, prune)
    try:
        with transaction.atomic():
            steps = steps_to(configuration, prune, first_position)
            for step in steps:
                step.carry_out()
    except SpecError as error:
        raise Refused([configuration.document.say(problem) for problem in error.problems]) from error
    return Plan(steps, warnings)


def _checked(configuration: Configuration, prune: bool) -> list[str]:
    """The warnings. Raises Refused."""
    document = configuration.document
    findings = check_configuration(configuration)
    conflicts = [] if configuration.problems else conflicts_of(configuration, prune)
    problems = [*configuration.problems, *findings.problems, *conflicts]
    if problems:
        problems = sorted(dict.fromkeys(problems), key=lambda problem: document.line_of(problem.path))
        raise Refused([document.say(problem) for problem in problems])
    said_once = {warning.message: warning for warning in reversed(findings.warnings)}
    warnings = sorted(said_once.values(), key=lambda warning: document.line_of(warning.path))
    return [document.say(warning, "warning: ") for warning in warnings]
