"""Loads what a batch needs of the set-up: rules by event, published mappings, connections; parsed once per version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db.models import Q

from integrations.leases import Holding
from integrations.models import Connection, Event

from ..models import MappingVersion, Rule, VersionState
from ..spec import MappingSpec, RuleSpec, parse_mapping, parse_rule
from .case import Workshop


@lru_cache(maxsize=500)
def _rule(name: str, data: str) -> RuleSpec:
    return parse_rule(name, json.loads(data))


@lru_cache(maxsize=500)
def _mapping(name: str, data: str) -> MappingSpec:
    return parse_mapping(name, json.loads(data))


def load_rules(connection: Connection) -> list[RuleSpec]:
    """The rules of a connection that are on, in their order."""
    rows = Rule.objects.filter(connection=connection, enabled=True).select_related("connection")
    return [_rule(row.name, json.dumps(row.as_spec(), sort_keys=True)) for row in rows]


def rules_for(event: Event, rules: Sequence[RuleSpec]) -> list[RuleSpec]:
    """Those that listen to this event; a resync of one rule runs only that one."""
    return [r for r in rules if r.event == event.type and event.rule_name in ("", r.name)]


def open_workshop(lane: str, then: Mapping[str, int], holding: Holding | None = None, run_id: str = "") -> Workshop:
    """Every mapping in force, or in the version that `then` names, and every connection."""
    named = [Q(mapping__name=name, number=number) for name, number in then.items()]
    in_force = Q(state=VersionState.PUBLISHED) & ~Q(mapping__name__in=list(then))
    versions = MappingVersion.objects.filter(reduce(or_, named, in_force)).select_related("mapping")
    mappings = {
        row.mapping.name: (_mapping(row.mapping.name, json.dumps(row.spec, sort_keys=True)), row.number)
        for row in versions
    }
    connections: dict[str, Any] = {connection.name: connection for connection in Connection.objects.all()}
    pairs = frozenset(_pair(spec) for spec, _number in mappings.values())
    return Workshop(connections, mappings, lane, pairs, holding, run_id)


def _pair(spec: MappingSpec) -> tuple[str, str, str, str]:
    return spec.source_connection, spec.source_object, spec.target_connection, spec.target_object
