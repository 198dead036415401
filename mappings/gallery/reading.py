"""The templates as they stand in the files beside this one: what each is for, asks for, and would set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parent
JOBS = ("leads", "contacts", "scores", "webinars", "opt-outs", "activities", "other tools")


@dataclass(frozen=True)
class Role:
    """A connection that the template needs: which vendor, and what it is there for."""

    name: str
    vendor: str
    label: str


@dataclass(frozen=True)
class Question:
    """One thing the user chooses. `at` is the role whose look-up of the kind `chosen_from` has it by name.

    `several`: a list of texts. Without an answer and a default, what needs the answer is left out.
    """

    name: str
    label: str
    help: str = ""
    at: str = ""
    chosen_from: str = ""
    default: str = ""
    required: bool = False
    several: bool = False
    number: bool = False

    @property
    def otherwise(self) -> str | int:
        """What stands for no answer; "" is nothing at all."""
        return int(self.default) if self.number and self.default else self.default


@dataclass(frozen=True)
class Template:
    """One job. `document` is a configuration (docs/configuration.md) with <roles> and <questions> in it."""

    key: str
    job: str
    title: str
    says: str  # the flow in one sentence
    more: str  # what to know before, in words for the administrator
    roles: tuple[Role, ...]
    questions: tuple[Question, ...]
    document: Mapping[str, Any] = field(repr=False)

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions if question.name == name), None)


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """By key, in the order of their jobs."""
    found = [_read(file) for file in sorted(HOME.glob("*.yaml"))]
    return {each.key: each for each in sorted(found, key=lambda each: (JOBS.index(each.job), each.key))}


def _read(file: Path) -> Template:
    data = yaml.safe_load(file.read_text())
    return Template(
        key=file.stem,
        job=data["job"],
        title=data["title"],
        says=data["says"],
        more=data.get("more", ""),
        roles=tuple(Role(name, **facts) for name, facts in data["connections"].items()),
        questions=tuple(Question(name, **facts) for name, facts in data.get("questions", {}).items()),
        document={section: data[section] for section in ("mappings", "rules") if section in data},
    )
