"""What a file asks for and the database cannot give: another vendor, a token in use, removing what is still needed."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import PROTECT

from integrations.models import Connection
from integrations.tokens import hash_token

from ..models import Rule
from ..publishing import Stored
from ..spec import MappingSpec, Problem, RuleSpec, SpecError, parse_rule
from .reading import Configuration
from .steps import to_remove


def conflicts_of(configuration: Configuration, prune: bool) -> list[Problem]:
    problems = [*_vendors(configuration), *_tokens(configuration)]
    return problems + (list(_removals(configuration)) if prune else [])


def _vendors(configuration: Configuration) -> Iterator[Problem]:
    for row in Connection.objects.filter(name__in=configuration.connections):
        if row.vendor != configuration.connections[row.name].vendor:
            said = f"{row.name} is a {row.vendor} connection already. Give the new one another name."
            yield Problem(("connections", row.name, "vendor"), said)


def _tokens(configuration: Configuration) -> Iterator[Problem]:
    """A webhook token names one connection."""
    holders = {row.webhook_token_hash: row.name for row in Connection.objects.exclude(webhook_token_hash=None)}
    for name, spec in configuration.connections.items():
        holder = holders.setdefault(hash_token(spec.webhook_token), name) if spec.webhook_token else name
        if holder != name:
            yield Problem(("connections", name, "webhook_token"), f"{holder} has the same webhook token.")


# --- removals -----------------------------------------------------------------------------------------------------


def _removals(configuration: Configuration) -> Iterator[Problem]:
    leaving = {kind: {row.name for row in rows} for kind, rows in to_remove(configuration).items()}
    rules = _staying_rules(configuration, leaving.get("rule", set()))
    mappings = {**Stored().mappings(), **configuration.mappings}
    staying = [spec for name, spec in mappings.items() if name not in leaving.get("mapping", set())]
    for name in sorted(leaving.get("mapping", ())):
        for rule in rules:
            if any(action.mapping == name for action in rule.actions):
                yield Problem(("mappings",), f"{name} cannot be removed: the rule {rule.name} uses it.")
    for row in Connection.objects.filter(name__in=leaving.get("connection", ())):
        yield from _uses_of_connection(row, rules, staying)


def _staying_rules(configuration: Configuration, leaving: set[str]) -> list[RuleSpec]:
    rows = Rule.objects.exclude(name__in=leaving | set(configuration.rules)).select_related("connection")
    return [*configuration.rules.values(), *filter(None, map(_read, rows))]


def _read(row: Rule) -> RuleSpec | None:
    try:
        return parse_rule(row.name, row.as_spec())
    except SpecError:
        return None


def _uses_of_connection(row: Connection, rules: list[RuleSpec], mappings: list[MappingSpec]) -> Iterator[Problem]:
    place = ("connections",)
    for rule in rules:
        if row.name in {rule.connection, *(name for action in rule.actions for name in action.connections())}:
            yield Problem(place, f"{row.name} cannot be removed: the rule {rule.name} uses it.")
    for mapping in mappings:
        if row.name in (mapping.source_connection, mapping.target_connection):
            yield Problem(place, f"{row.name} cannot be removed: the mapping {mapping.name} uses it.")
    if _has_history(row):
        yield Problem(
            place, f"{row.name} cannot be removed: it has history, which is kept. Set mode: read_only instead."
        )


def _has_history(row: Connection) -> bool:
    kept = [relation for relation in Connection._meta.related_objects if relation.on_delete is PROTECT]
    others = [relation for relation in kept if relation.related_model is not Rule]
    return any(one.related_model._default_manager.filter(**{one.field.name: row}).exists() for one in others)
