"""A connection as the file writes it: vendor, account, limits and options, checked against what the vendor takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from integrations.budgets import seconds_of
from integrations.models import Environment, Mode
from integrations.vendors.base import Account, Credential, Vendor
from integrations.vendors.http import is_safe_url
from integrations.vendors.registry import VENDORS
from integrations.watching import LONGEST_WATCH_MINUTES

from ..phones import REGIONS
from ..spec.problems import Problem
from ..spec.reading import Table, kind_of, name_problem, unknown
from ..values import is_blank, text_of

KEYS = ("vendor", "environment", "mode", "base_url", "credentials", "webhook_token", "limits", "options")
_LONGEST_NAME = 80
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,200}")

OPT_OUT_VALUES, WATCH = "opt_out_values", "watch"
GENERAL_OPTIONS = (
    Credential(
        "marker_field", "Marker field", "Holds our change's id where the vendor has no external key.", secret=False
    ),
    Credential(
        "phone_region", "Country of phone numbers", "For numbers without a country code, for example IL.", secret=False
    ),
    Credential("timezone", "Time zone", "For times without a zone, for example Asia/Jerusalem.", secret=False),
)


@dataclass(frozen=True)
class ConnectionSpec:
    """One connection as it should be. `webhook_token` is "" when the file leaves it to us."""

    name: str
    vendor: str
    environment: str = Environment.PRODUCTION.value
    mode: str = Mode.READ_WRITE.value
    base_url: str = ""
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    webhook_token: str = field(default="", repr=False)
    limits: list[dict[str, Any]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return Account(
            self.name, self.base_url, self.credentials, self.options, self.environment, self.mode == "read_only"
        )


def read_connection(name: str, data: object, problems: list[Problem]) -> ConnectionSpec | None:
    """None when the vendor is not known: nothing else can be checked then."""
    table = Table(data, (), problems, "a connection", KEYS)
    if said := name_problem(name, _LONGEST_NAME):
        table.refuse("", said)
    slug = table.text("vendor", required=isinstance(data, Mapping))
    if slug and slug not in VENDORS:
        table.refuse("vendor", unknown(slug, "a vendor", VENDORS))
    return _connection(name, table, VENDORS[slug]) if slug in VENDORS else None


def _connection(name: str, table: Table, vendor: Vendor) -> ConnectionSpec:
    return ConnectionSpec(
        name=name,
        vendor=vendor.slug,
        environment=table.choice("environment", Environment.values, Environment.PRODUCTION),
        mode=table.choice("mode", Mode.values, Mode.READ_WRITE),
        base_url=_base_url(table, vendor),
        credentials=_credentials(table, vendor),
        webhook_token=_webhook_token(table),
        limits=_limits(table),
        options=_options(table, vendor),
    )


def _base_url(table: Table, vendor: Vendor) -> str:
    is_called = not vendor.capabilities.only_tells
    url = table.text("base_url", required=is_called and not vendor.default_base_url).strip()
    if url and not is_safe_url(url):
        table.refuse("base_url", "The base URL starts with https://, or with http:// when it is on this machine.")
    return url


def _webhook_token(table: Table) -> str:
    token = table.text("webhook_token")
    if token and not _TOKEN.fullmatch(token):
        table.refuse("webhook_token", "A webhook token is part of an address: use letters, digits and dashes only.")
    return token


# --- credentials and options --------------------------------------------------------------------------------------


def _credentials(table: Table, vendor: Vendor) -> dict[str, str]:
    known = [credential.name for credential in vendor.credentials]
    needed = bool(known) and not vendor.capabilities.only_tells
    entries = table.table("credentials", "credentials", known, required=needed)
    read = _entries(entries, vendor.credentials)
    for credential in vendor.credentials:
        if credential.required and table.has("credentials") and is_blank(read.get(credential.name)):
            entries.refuse(credential.name, f"{credential.name} is missing: {credential.label}.")
    if needed and table.has("credentials") and not any(read.values()):
        table.refuse("credentials", f"Give at least one of {', '.join(known)}.")
    return read


def _entries(entries: Table, known: Sequence[Credential]) -> dict[str, str]:
    """Every credential is text; what it is, is never said."""
    read = {entry.name: _entry(entries, entry) for entry in known if entries.has(entry.name)}
    return {name: value for name, value in read.items() if value}


def _entry(entries: Table, entry: Credential) -> str:
    value = entries.data[entry.name]
    if entry.table and isinstance(value, Mapping):
        value = "; ".join(f"{text_of(name)} = {text_of(said)}" for name, said in value.items())
    if not isinstance(value, str | int | float):
        entries.refuse(entry.name, f"{entry.name} must be text, not {kind_of(value)}.")
        return ""
    text = (text_of(value) if isinstance(value, str | bool) else str(value)).strip()  # 66.0 stays 66.0
    if entry.choices and text and text not in entry.choices:
        entries.refuse(entry.name, f"{entry.name} is one of {', '.join(entry.choices)}.")
    return text


def _options(table: Table, vendor: Vendor) -> dict[str, Any]:
    own = [option.name for option in vendor.options]
    known = (*vendor.options, *(option for option in GENERAL_OPTIONS if option.name not in own))
    entries = table.table("options", "options", [*(option.name for option in known), OPT_OUT_VALUES, WATCH])
    further = {OPT_OUT_VALUES: _opt_out_values(entries, vendor), WATCH: _watch(entries, vendor)}
    _check_place(entries, "phone_region", "a country's two-letter code", REGIONS)
    _check_place(entries, "timezone", "a time zone", available_timezones())
    return {**_entries(entries, known), **{name: value for name, value in further.items() if value}}


def _check_place(entries: Table, option: str, what: str, known: Collection[str]) -> None:
    value = entries.data.get(option)
    if value is not None and value not in known:
        entries.refuse(option, unknown(value, what, known))


def _opt_out_values(entries: Table, vendor: Vendor) -> dict[str, dict[str, Any]]:
    """{object: {field: value}}: what is written beside the opt-out, a status for example."""
    objects = [object.name for object in vendor.capabilities.objects]
    given = entries.table(OPT_OUT_VALUES, OPT_OUT_VALUES, objects)
    tables = {name: given.table(name, f"{OPT_OUT_VALUES}.{name}") for name in given.data if name in objects}
    return {name: {field: fields.constant(field) for field in fields.data} for name, fields in tables.items()}


def _watch(entries: Table, vendor: Vendor) -> dict[str, int]:
    """{watch: minutes}: how often it is looked at; 0 is never."""
    keys = [watch.key for watch in vendor.capabilities.watches]
    given = entries.table(WATCH, WATCH, keys)
    minutes = {key: given.number(key) for key in given.data if key in keys}
    for key, number in minutes.items():
        if number is not None and (not isinstance(number, int) or not 0 <= number <= LONGEST_WATCH_MINUTES):
            given.refuse(
                key, f"{key} is looked at every so many minutes: 1 to {LONGEST_WATCH_MINUTES}, or 0 for never."
            )
    return {key: int(number) for key, number in minutes.items() if number is not None}


# --- limits -----------------------------------------------------------------------------------------------------


def _limits(table: Table) -> list[dict[str, Any]]:
    items = table.items("limits")
    return [
        _limit(Table(item, ("limits", at), table.problems, "a limit", ("calls", "per")))
        for at, item in enumerate(items)
    ]


def _limit(limit: Table) -> dict[str, Any]:
    calls = limit.number("calls", required=bool(limit.data))
    if calls is not None and (not isinstance(calls, int) or calls < 1):
        limit.refuse("calls", "calls is a whole number above 0.")
    per = limit.text("per", required=bool(limit.data)).strip()
    try:
        seconds_of(per or "1s")
    except ValueError as error:
        limit.refuse("per", str(error))
    return {"calls": calls, "per": per}
