"""Two connections whose fields are known, and a configuration file to change and apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integrations.vendors.base import Field
from integrations.vendors.errors import Unavailable
from integrations.vendors.getresponse.fields import STANDARD_FIELDS
from mappings.configuration import trial
from mappings.configuration.connections import ConnectionSpec

SECRETS = {"GR_KEY": "sesame-open", "SF_SECRET": "tell-nobody"}
FIELDS = {
    "contact": (
        *STANDARD_FIELDS,
        Field("customFields.company", custom=True),
        Field("customFields.job_title", custom=True),
    ),
    "Lead": (
        Field("FirstName", length=40),
        Field("LastName", length=80, required=True),
        Field("Email", type="email"),
        Field("Company", required=True),
        Field("Rating", type="picklist"),
        Field("IsConverted", type="boolean", createable=False, updateable=False),
        Field("OwnedSince__c", type="date", createable=False),
        Field("GetResponse_Contact_ID__c", custom=True, unique_key=True),
        Field("HasOptedOutOfEmail", type="boolean"),
    ),
    "Contact": (Field("Email", type="email"),),
}
FILE = """\
version: 1
connections:
  getresponse-main:
    vendor: getresponse
    environment: sandbox
    credentials: {api_key: "${GR_KEY}"}
  salesforce-main:
    vendor: salesforce
    base_url: https://acme.my.salesforce.com
    credentials: {client_id: crosswalk, client_secret: "${SF_SECRET}"}
    options: {api_version: 66.0, phone_region: IL}
mappings:
  subscriber-to-lead:
    source: {connection: getresponse-main, object: contact}
    target: {connection: salesforce-main, object: Lead}
    key: {field: GetResponse_Contact_ID__c, from: contactId}
    fields:
      - {from: name, via: [last_name], to: LastName, fallback: Unknown}
      - {from: email, to: Email}
      - {from: [customFields.company, email], via: [company_or_domain], to: Company}
      - {value: Hot, to: Rating, if: {field: tags, op: contains, value: vip}}
rules:
  new-subscriber:
    when: {connection: getresponse-main, event: contact.subscribed}
    if: {field: campaign.campaignId, op: equals, value: abc123def}
    do:
      - upsert: {mapping: subscriber-to-lead}
      - add_to_campaign: {connection: salesforce-main, campaign: 7015e0000000001AAA, status: Registered}
  stop:
    when: {connection: getresponse-main, event: contact.unsubscribed}
    do:
      - opt_out: {connections: [salesforce-main]}
"""


class Vendors:
    """What the vendors of the file answer when their fields are asked for."""

    def __init__(self) -> None:
        self.answer = True
        self.asked: list[tuple[str, str]] = []

    def describe(self, wanted: ConnectionSpec, object: str) -> dict[str, Field]:
        self.asked.append((wanted.name, object))
        if not self.answer:
            raise Unavailable(f"{wanted.name} could not be reached: nothing was sent.")
        return {field.name: field for field in FIELDS[object]}


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> Vendors:
    vendors = Vendors()
    monkeypatch.setattr(trial, "_describe", vendors.describe)
    monkeypatch.setattr(trial.Trial, "_is_the_stored_account", lambda self, wanted: False)
    return vendors


Said = tuple[int, list[str], list[str]]


class Shop:
    """A file, and the command run on it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.capsys = capsys
        self.text = FILE

    def change(self, *pairs: tuple[str, str]) -> None:
        for old, new in pairs:
            assert old in self.text
            self.text = self.text.replace(old, new)

    def run(self, verb: str, *options: str) -> Said:
        """(exit code, lines said, lines on stderr)"""
        self.path.write_text(self.text, "utf-8")
        code = 0
        try:
            call_command("config", verb, *([] if verb == "export" else [str(self.path)]), *options)
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = self.capsys.readouterr()
        return code, out.splitlines(), [line.replace(f"{self.path}:", "file:") for line in err.splitlines()]


@pytest.fixture
def shop(
    db: Any, vendors: Vendors, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shop:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return Shop(tmp_path / "file.yaml", capsys)


Refuse = Callable[[str, str], list[str]]


@pytest.fixture
def refused(shop: Shop) -> Refuse:
    """Change one thing in the file, apply it, and get what stands on stderr; nothing may have been written."""

    def refuse(old: str, new: str) -> list[str]:
        shop.change((old, new))
        code, said, problems = shop.run("apply")
        assert (code, said) == (1, [])
        return problems

    return refuse
