"""Adds what a template sets up: fitted to the fields that the user's systems have, checked, and switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.vendors.errors import CrosswalkError

from ..configuration.applying import Plan, apply_configuration, plan_configuration
from ..configuration.reading import Configuration, configuration_of
from ..models import Mapping as StoredMapping
from ..models import Rule
from ..publishing import Stored
from .filling import Answers, fill
from .reading import Template


@dataclass(frozen=True)
class Draft:
    """What would be added, and what of the template does not fit the user's systems."""

    configuration: Configuration
    left_out: tuple[str, ...]

    @property
    def rules(self) -> list[str]:
        return list(self.configuration.rules)


def draft(template: Template, name: str, answers: Answers) -> Draft:
    """Asks vendors for their fields where they are not known. What it sets up is switched off."""
    data = fill(template, name, answers)
    left_out: list[str] = []
    for mapping in data.get("mappings", {}).values():
        left_out += _fit(mapping)
    for rule in data["rules"].values():
        rule["enabled"] = False
    return Draft(configuration_of(template.title, data), tuple(dict.fromkeys(left_out)))


def plan(wanted: Draft) -> Plan:
    """Changes nothing. Raises Refused with what is wrong, in sentences."""
    return plan_configuration(wanted.configuration)


def add(wanted: Draft) -> Plan:
    """All of it or nothing; the new rules stand behind those that are there. Raises Refused."""
    last = Rule.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return apply_configuration(wanted.configuration, first_position=last + 1)


def free_name(template: Template) -> str:
    """The template's key, with a number when that is taken."""
    taken = [*Rule.objects.values_list("name", flat=True), *StoredMapping.objects.values_list("name", flat=True)]
    names = [template.key, *(f"{template.key}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not any(is_of(name, each) for each in taken))


def is_of(name: str, each: str) -> bool:
    """Whether this mapping or rule was set up under the name."""
    return each == name or each.startswith(f"{name}-")


def _fit(mapping: dict[str, Any]) -> Iterator[str]:
    """Leave out the fields that the target does not have, and a key that it does not have."""
    target = mapping["target"]
    known = _fields(target["connection"], target["object"])
    if known is None:
        return
    where = f"{target['object']} at {target['connection']}"
    missing = [row["to"] for row in mapping["fields"] if row["to"] not in known]
    mapping["fields"] = [row for row in mapping["fields"] if row["to"] in known]
    yield from (f"{name}: {where} has no such field, or does not show it." for name in missing)
    key = mapping.get("key", {}).get("field")
    if key and key not in known:
        del mapping["key"]
        yield f"The key {key}: {where} has no such field, so people are found by e-mail alone. Better make it first."


def _fields(connection: str, object: str) -> Mapping[str, Any] | None:
    """None when nobody knows: then nothing is left out, and the check says what it could not look at."""
    try:
        return Stored().fields(connection, object)
    except (CrosswalkError, KeyError):
        return None
