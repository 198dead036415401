"""Drafts and versions of mappings: saved, checked against what exists, published. The only module that does so."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit.models import NotificationChannel
from integrations.models import Connection
from integrations.schemas import fields_of, known_fields
from integrations.vendors.base import Vendor
from integrations.vendors.errors import CrosswalkError, RecordError
from integrations.vendors.registry import VENDORS

from .models import Mapping, MappingVersion, VersionState
from .spec import MappingSpec, Problem, RuleSpec, SpecError, parse_mapping
from .spec.known import Fields, Findings
from .spec.mapping_checks import check_mapping
from .spec.rule_checks import check_rule


class Stored:
    """What the database knows; asks a vendor once where that is an hour old, or always with `refresh`."""

    def __init__(self, refresh: bool = False) -> None:
        self._refresh = refresh
        self._fields: dict[tuple[str, str], Fields] = {}
        self._failures: dict[str, CrosswalkError] = {}

    @cached_property
    def rows(self) -> dict[str, Connection]:
        return {row.name: row for row in Connection.objects.all()}

    def connections(self) -> dict[str, Vendor]:
        return {name: VENDORS[row.vendor] for name, row in self.rows.items() if row.vendor in VENDORS}

    def mappings(self) -> dict[str, MappingSpec]:
        return self._mappings

    @cached_property
    def _mappings(self) -> dict[str, MappingSpec]:
        versions = MappingVersion.objects.filter(state=VersionState.PUBLISHED).select_related("mapping")
        specs = {version.mapping.name: _read(version) for version in versions}
        return {name: spec for name, spec in specs.items() if spec is not None}

    def channels(self) -> set[str]:
        return set(NotificationChannel.objects.values_list("name", flat=True))

    def fields(self, connection: str, object: str) -> Fields:
        """As known when the vendor does not answer; a vendor that did not answer is not asked again."""
        if (connection, object) not in self._fields:
            self._fields[connection, object] = self._ask(self.rows[connection], object)
        return self._fields[connection, object]

    def known_fields(self, connection: str, object: str) -> Fields | None:
        """As heard last, without asking; None when never heard."""
        row = self.rows.get(connection)
        return known_fields(row, object) if row else None

    def _ask(self, connection: Connection, object: str) -> Fields:
        try:
            if connection.name in self._failures:
                raise self._failures[connection.name]
            return fields_of(connection, object, refresh=self._refresh)
        except CrosswalkError as error:
            if not isinstance(error, RecordError):  # that one is about this object alone
                self._failures[connection.name] = error
            known = known_fields(connection, object)
            if known is None:
                raise
            return known


def _read(version: MappingVersion) -> MappingSpec | None:
    try:
        return parse_mapping(version.mapping.name, version.spec)
    except SpecError:
        return None


# --- checks -----------------------------------------------------------------------------------------------------


def findings_of_mapping(spec: MappingSpec) -> Findings:
    """Problems that refuse, and warnings: fields that could not be checked, required fields that nothing fills."""
    return _looking_again(lambda known: check_mapping(spec, known))


def findings_of_rule(spec: RuleSpec) -> Findings:
    return _looking_again(lambda known: check_rule(spec, known))


def _looking_again(check: Callable[[Stored], Findings]) -> Findings:
    """A field may have been made at the vendor a minute ago: nothing is refused by what was heard an hour ago."""
    findings = check(Stored())
    return check(Stored(refresh=True)) if findings.problems else findings


def problems_of_mapping(spec: MappingSpec) -> list[Problem]:
    return findings_of_mapping(spec).problems


def problems_of_rule(spec: RuleSpec) -> list[Problem]:
    return findings_of_rule(spec).problems


# --- versions ---------------------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(mapping: Mapping, spec: MappingSpec, user: User | None, summary: str = "") -> MappingVersion:
    """The mapping's draft, made or overwritten. What is published already makes no draft: that version is returned."""
    Mapping.objects.select_for_update().get(pk=mapping.pk)
    published, draft = mapping.published, mapping.draft
    if published is not None and means_the_same(spec, published.spec):
        MappingVersion.objects.filter(mapping=mapping, state=VersionState.DRAFT).delete()
        return published
    draft = draft or MappingVersion(mapping=mapping, number=_next_number(mapping))
    draft.spec, draft.author, draft.summary = dict(spec.data), user, summary[:300]
    draft.save()
    return draft


def publish(mapping: Mapping, user: User | None) -> MappingVersion:
    """Put the draft in force and retire the version before it. Raises SpecError; without a draft nothing changes."""
    draft = mapping.draft
    if draft is None:
        return _nothing_new(mapping)
    problems = problems_of_mapping(parse_mapping(mapping.name, draft.spec))
    if problems:
        raise SpecError(problems)
    return put_in_force(draft, user)


@transaction.atomic
def put_in_force(checked: MappingVersion, user: User | None) -> MappingVersion:
    """Publish a draft that was checked. Raises SpecError when it is no longer the draft that was checked."""
    mapping = Mapping.objects.select_for_update().get(pk=checked.mapping_id)
    draft = mapping.draft
    if draft is None or draft.pk != checked.pk or draft.spec != checked.spec:
        raise SpecError([Problem((), "Somebody changed the draft in the meantime. Look at it and publish again.")])
    mapping.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
    draft.state, draft.published_at = VersionState.PUBLISHED, timezone.now()
    draft.author = draft.author or user
    draft.save()
    return draft


def means_the_same(spec: MappingSpec, stored: Table[str, Any]) -> bool:
    """However it is written."""
    try:
        return parse_mapping(spec.name, stored) == spec
    except SpecError:
        return False


def _nothing_new(mapping: Mapping) -> MappingVersion:
    published = mapping.published
    if published is None:
        raise SpecError([Problem((), f"{mapping.name} has no draft to publish.")])
    return published


def _next_number(mapping: Mapping) -> int:
    last: int | None = mapping.versions.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
