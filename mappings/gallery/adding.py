"""Adds what a template sets up: fitted to the fields that the user's systems have, checked, and switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.vendors.errors import CrosswalkError

from ..configuration.applying import Plan, Refused, apply_configuration, plan_configuration
from ..configuration.reading import Configuration, configuration_of
from ..models import Mapping as StoredMapping
from ..models import Rule
from ..publishing import Stored
from ..spec.known import is_readable
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
    _refuse_nothing(wanted)
    return plan_configuration(wanted.configuration)


def add(wanted: Draft) -> Plan:
    """All of it or nothing; the new rules stand behind those that are there. Raises Refused."""
    _refuse_nothing(wanted)
    last = Rule.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return apply_configuration(wanted.configuration, first_position=last + 1)


def _refuse_nothing(wanted: Draft) -> None:
    if not wanted.rules:
        raise Refused(["Nothing is chosen that a rule could do. Make at least one of the choices."])


def free_name(template: Template) -> str:
    """The template's key, with a number when that is taken."""
    taken = [*Rule.objects.values_list("name", flat=True), *StoredMapping.objects.values_list("name", flat=True)]
    names = [template.key, *(f"{template.key}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not any(is_of(name, each) for each in taken))


def is_of(name: str, each: str) -> bool:
    """Whether this mapping or rule was set up under the name."""
    return each == name or each.startswith(f"{name}-")


def _fit(mapping: dict[str, Any]) -> Iterator[str]:
    """Leave out the fields that either side does not have, and a key that the target does not have."""
    source, target = mapping["source"], mapping["target"]
    yield from _fit_sources(mapping, _fields(source["connection"], source["object"]), _where(source))
    known = _fields(target["connection"], target["object"])
    if known is None:
        return
    missing = [row["to"] for row in mapping["fields"] if row["to"] not in known]
    mapping["fields"] = [row for row in mapping["fields"] if row["to"] in known]
    yield from (f"{name}: {_where(target)} has no such field, or does not show it." for name in missing)
    key = mapping.get("key", {}).get("field")
    if key and key not in known:
        del mapping["key"]
        yield (
            f"The key {key}: {_where(target)} has no such field, so people are found by e-mail alone. "
            "Better make it first."
        )


def _fit_sources(mapping: dict[str, Any], known: Mapping[str, Any] | None, where: str) -> Iterator[str]:
    """Of several fields to read from those that are there; a row that has none left goes."""
    if not known:
        return
    for row in list(mapping["fields"]):
        paths = _listed(row.get("from"))
        there = [path for path in paths if is_readable(path, known)]
        yield from (f"{path}: {where} has no such field." for path in paths if path not in there)
        if paths and not there:
            mapping["fields"].remove(row)
        elif there != paths:
            row["from"] = there


def _listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _where(side: Mapping[str, Any]) -> str:
    return f"{side['object']} at {side['connection']}"


def _fields(connection: str, object: str) -> Mapping[str, Any] | None:
    """None when nobody knows: then nothing is left out, and the check says what it could not look at."""
    try:
        return Stored().fields(connection, object)
    except (CrosswalkError, KeyError):
        return None
