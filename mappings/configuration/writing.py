"""Writes one object of a configuration into the database. The caller owns the transaction."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations.health import account_changed, account_mended
from integrations.models import Connection
from integrations.tokens import set_token

from ..models import Mapping, Rule
from ..publishing import put_in_force, save_draft
from ..spec import MappingSpec, RuleSpec
from .connections import ConnectionSpec

PLACE = ("environment", "base_url")  # another one is another account
MENDABLE = ("mode", "options")  # a person may have mended here what stopped the connection


def create_connection(spec: ConnectionSpec) -> None:
    row = Connection(name=spec.name, vendor=spec.vendor, credentials_changed_at=timezone.now())
    _fill(row, spec)
    set_token(row, spec.webhook_token)
    row.save()


def update_connection(row: Connection, spec: ConnectionSpec) -> None:
    """A changed account asks for a new access token, and a connection that was stopped is tried again."""
    fresh_credentials = (row.credentials or {}) != spec.credentials
    is_another = fresh_credentials or any(getattr(row, key) != getattr(spec, key) for key in PLACE)
    mended = any(getattr(row, key) != getattr(spec, key) for key in MENDABLE)
    _fill(row, spec)
    if fresh_credentials:
        row.credentials_changed_at = timezone.now()
    if spec.webhook_token:
        set_token(row, spec.webhook_token)
    row.save()
    if is_another:
        account_changed(row)
    elif mended:
        account_mended(row)


def _fill(row: Connection, spec: ConnectionSpec) -> None:
    row.environment, row.mode, row.base_url = spec.environment, spec.mode, spec.base_url
    row.credentials, row.limits, row.options = spec.credentials, spec.limits, spec.options


def write_mapping(spec: MappingSpec, summary: str) -> None:
    """Publishes a version; the caller has checked it."""
    mapping, _made = Mapping.objects.get_or_create(name=spec.name)
    put_in_force(save_draft(mapping, spec, None, summary), None)


def create_rule(spec: RuleSpec, position: int) -> None:
    update_rule(Rule(name=spec.name), spec, position)


def update_rule(row: Rule, spec: RuleSpec, position: int) -> None:
    written: dict[str, Any] = dict(spec.data)
    row.connection = Connection.objects.get(name=spec.connection)
    row.event, row.opt_in, row.enabled, row.position = spec.event, spec.opt_in, spec.enabled, position
    row.condition, row.actions, row.approve = written.get("if") or {}, written["do"], written.get("approve") or "never"
    row.save()
