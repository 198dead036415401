"""A tool that only tells, in the file: it needs no address and no secret, and any field may be mapped."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Connection
from integrations.vendors.base import Field
from integrations.vendors.errors import Unsupported
from mappings.configuration import trial
from mappings.models import Mapping

from .conftest import FIELDS, Shop

TOOL = """\
  zapier:
    vendor: webhook
    options: {event_field: action, events: "new = contact.created, stop = contact.unsubscribed"}
mappings:
  zapier-to-lead:
    source: {connection: zapier, object: record}
    target: {connection: salesforce-main, object: Lead}
    key: {field: GetResponse_Contact_ID__c, from: crosswalk.id}
    fields:
      - {from: person.surname, to: LastName, fallback: Unknown}
      - {from: [firm, person.email], via: [company_or_domain], to: Company}
"""


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    def describe(wanted: Any, object: str) -> dict[str, Field]:
        if wanted.vendor == "webhook":
            raise Unsupported("zapier does not offer describe.")
        return {field.name: field for field in FIELDS[object]}

    monkeypatch.setattr(trial, "_describe", describe)
    shop.change(("mappings:\n", TOOL))
    return shop


def test_it_is_applied_without_an_address_or_a_secret_and_once(shop: Shop) -> None:
    code, said, problems = shop.run("apply")
    assert (code, problems) == (0, [])
    assert "+ connection zapier" in said and "+ mapping zapier-to-lead" in said
    row = Connection.objects.get(name="zapier")
    assert (row.vendor, row.base_url, row.credentials, row.options["event_field"]) == ("webhook", "", {}, "action")
    assert Mapping.objects.get(name="zapier-to-lead").published is not None
    assert shop.run("apply") == (0, ["No changes."], [])


def test_its_signing_secret_is_a_secret(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "whsec_c2VjcmV0")
    shop.change(("    vendor: webhook\n", '    vendor: webhook\n    credentials: {signing_secret: "${HOOK_SECRET}"}\n'))
    assert shop.run("apply")[0] == 0
    assert Connection.objects.get(name="zapier").credentials == {"signing_secret": "whsec_c2VjcmV0"}
    exported = "\n".join(shop.run("export")[1])
    assert "${ZAPIER_SIGNING_SECRET}" in exported and "whsec_c2VjcmV0" not in exported


def test_an_event_that_is_none_of_ours_is_refused(shop: Shop) -> None:
    shop.change(("{event_field: action, events: ", "{event: contact.made, events: "))
    code, _said, problems = shop.run("apply")
    assert code == 1
    assert "event is one of contact.created" in problems[0]
