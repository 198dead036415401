"""The database's connections, published mappings and rules as a configuration file, without a secret."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any

import yaml

from integrations.models import Connection, Environment, Mode
from integrations.vendors.base import Credential
from integrations.vendors.registry import VENDORS

from ..models import MappingVersion, Rule, VersionState
from .connections import GENERAL_OPTIONS, OPT_OUT_VALUES
from .placeholders import Names, escaped
from .reading import VERSION

_DEFAULTS = {"environment": Environment.PRODUCTION.value, "mode": Mode.READ_WRITE.value}
_KEPT_SHORT = 116
_TABLE = "tag:yaml.org,2002:map"


def export_configuration() -> str:
    """YAML that `config apply` takes again unchanged; secrets are `${NAME}` of the environment."""
    names = Names()
    published = MappingVersion.objects.filter(state=VersionState.PUBLISHED).select_related("mapping")
    sections = {
        "connections": {row.name: _connection(row, names) for row in Connection.objects.all()},
        "mappings": {row.mapping.name: _open(row.spec) for row in published.order_by("mapping__name")},
        "rules": {row.name: _open(row.as_spec()) for row in Rule.objects.select_related("connection")},
    }
    return write_yaml({"version": VERSION, **{name: section for name, section in sections.items() if section}})


def unpublished_mappings() -> list[str]:
    """Those that exist as a draft only: a file has no drafts."""
    drafts = MappingVersion.objects.filter(state=VersionState.DRAFT)
    published = MappingVersion.objects.filter(state=VersionState.PUBLISHED)
    alone = drafts.exclude(mapping__in=published.values("mapping"))
    return list(alone.order_by("mapping__name").values_list("mapping__name", flat=True))


# --- connections ------------------------------------------------------------------------------------------------


def _connection(row: Connection, names: Names) -> dict[str, Any]:
    vendor = VENDORS.get(row.vendor)
    credentials = _entries(row.name, row.credentials or {}, vendor.credentials if vendor else (), names)
    options = _entries(row.name, row.options or {}, (*(vendor.options if vendor else ()), *GENERAL_OPTIONS), names)
    token = {"webhook_token": names.placeholder(row.name, "webhook_token")} if row.webhook_token else {}
    plain = {key: getattr(row, key) for key in _DEFAULTS if getattr(row, key) != _DEFAULTS[key]}
    address = {"base_url": escaped(row.base_url)} if row.base_url else {}
    written = {"vendor": row.vendor, **plain, **address, "credentials": credentials, **token}
    return written | {key: value for key, value in (("limits", row.limits), ("options", options)) if value}


def _entries(connection: str, held: Table[str, Any], known: tuple[Credential, ...], names: Names) -> dict[str, Any]:
    """In the clear is only what is known not to be a secret."""
    shown = {entry.name for entry in known if not entry.secret} | {OPT_OUT_VALUES}
    return {
        name: _open(value) if name in shown else names.placeholder(connection, name) for name, value in held.items()
    }


def _open(value: Any) -> Any:
    """The value with its `${` escaped."""
    if isinstance(value, dict):
        return {name: _open(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_open(item) for item in value]
    return escaped(value) if isinstance(value, str) else value


# --- YAML -------------------------------------------------------------------------------------------------------


def write_yaml(data: dict[str, Any]) -> str:
    """As people write it: one line for what fits on one, a blank line between sections."""
    lines = yaml.dump(_Page(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100_000).splitlines()
    spaced = [f"\n{line}" if line[:1].isalpha() and at else line for at, line in enumerate(lines)]
    return "\n".join(spaced) + "\n"


class _Page(dict[str, Any]):
    """The whole file: always one section under the other."""


class _Dumper(yaml.SafeDumper):
    """Writes no anchors; a list's entries and small tables stand on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _node(dumper: yaml.SafeDumper, node: yaml.CollectionNode, value: Any) -> yaml.Node:
    node.flow_style = _fits(value)
    return node


def _fits(value: Any) -> bool:
    """Short, and not deeper than a table of lists of plain values."""
    written = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=100_000, sort_keys=False)
    return len(written) <= _KEPT_SHORT and _depth(value) <= 3


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, items), default=0)


_Dumper.add_representer(_Page, lambda dumper, page: dumper.represent_mapping(_TABLE, page, flow_style=False))
_Dumper.add_representer(dict, lambda dumper, value: _node(dumper, dumper.represent_dict(value), value))
_Dumper.add_representer(list, lambda dumper, value: _node(dumper, dumper.represent_list(value), value))
