"""A file with a mistake: refused with line and reason, and nothing is changed."""

from __future__ import annotations

import pytest

from integrations.models import Connection
from mappings.models import Mapping, Rule
from mappings.spec.reading import Table

from .conftest import FILE, Refuse, Shop, Vendors

MAPPING = "mappings.subscriber-to-lead"
RULE = "rules.new-subscriber"
SECOND = """\
  second:
    source: {connection: getresponse-main, object: contact}
    target: {connection: salesforce-main, object: Lead}
    fields: [{from: name, to: LastName}]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", "file:1: version: This program reads version 1"),
        ("version: 1\n", "", "version: This program reads version 1"),
        (
            "mappings:",
            "mapings:",
            "file:12: mapings: 'mapings' is not a key of a configuration file. Did you mean mappings?",
        ),
        (
            "vendor: getresponse",
            "vendor: getresponce",
            "file:4: connections.getresponse-main.vendor: 'getresponce' is not a vendor. Did you mean getresponse",
        ),
        ("    vendor: getresponse\n", "", "file:3: connections.getresponse-main.vendor: vendor is missing."),
        ("getresponse-main:", "GetResponse:", "file:3: connections.GetResponse: 'GetResponse' is not a name"),
        (
            "environment: sandbox",
            "environment: test",
            "file:5: connections.getresponse-main.environment: 'test' is not one of",
        ),
        ("environment: sandbox", "mode: readonly", "Did you mean read_only"),
        ("environment: sandbox", "base_url: http://api.example.com", "starts with https://"),
        ("environment: sandbox", "limits: [{calls: 400, per: 1w}]", "limits[0].per: '1w' is not a length of time"),
        ("environment: sandbox", "limits: [{calls: 0, per: 1h}]", "limits[0].calls: calls is a whole number above 0."),
        ("environment: sandbox", "limits: [{per: 1h}]", "limits[0].calls: calls is missing."),
        ("environment: sandbox", "limits: 400", "limits must be a list, not a number."),
        (
            "environment: sandbox",
            "options: {timezone: Asia/Jeruslem}",
            "is not a time zone. Did you mean Asia/Jerusalem",
        ),
        ("environment: sandbox", "options: {phone_region: Israel}", "'Israel' is not a country's two-letter code."),
        ("environment: sandbox", "options: {x_domian: example.com}", "Did you mean x_domain?"),
        (
            "environment: sandbox",
            "options: {opt_out_values: {Lead: {Status: X}}}",
            "'Lead' is not a key of opt_out_values.",
        ),
        ("environment: sandbox", "webhook_token: a/b", "webhook_token: A webhook token is part of an address"),
        (
            "environment: sandbox",
            "environment: sandbox\n    environment: sandbox",
            "file:6: connections.getresponse-main.environment: This stands twice: first on line 5.",
        ),
        ("{api_key:", "{apikey:", "Did you mean api_key?"),
        (
            '{api_key: "${GR_KEY}"}',
            "{}",
            "file:6: connections.getresponse-main.credentials: Give at least one of api_key, flow, client_id",
        ),
        ('{api_key: "${GR_KEY}"}', "{api_key: [1]}", "api_key must be text, not a list."),
        ('    credentials: {api_key: "${GR_KEY}"}\n', "", "credentials is missing."),
        (
            "client_id: crosswalk, ",
            "",
            "file:10: connections.salesforce-main.credentials.client_id: client_id is missing: Consumer key.",
        ),
        ("client_id: crosswalk", "flow: password, client_id: crosswalk", "flow is one of client_credentials, jwt."),
        (
            "    base_url: https://acme.my.salesforce.com\n",
            "",
            "file:7: connections.salesforce-main.base_url: base_url is missing.",
        ),
        (
            "GR_KEY",
            "GR_KEYS",
            "file:6: connections.getresponse-main.credentials.api_key: The environment variable GR_KEYS is not set.",
        ),
        (
            "to: Email}",
            "to: Emial}",
            f"file:19: {MAPPING}.fields[1].to: 'Emial' is not a field of Lead. Did you mean Email?",
        ),
        ("to: Email}", "to: IsConverted}", "'IsConverted' of Lead cannot be written."),
        (
            "to: Email}",
            "to: OwnedSince__c, write: create}",
            "'OwnedSince__c' of Lead cannot be written when a record is created.",
        ),
        (
            "from: email,",
            "from: emial,",
            f"{MAPPING}.fields[1].from: 'emial' is not a field of contact. Did you mean email?",
        ),
        ("from: email,", "from: surname_of_pet,", "'surname_of_pet' is not a field of contact."),
        ("customFields.company,", "customFields.compny,", "Did you mean customFields.company or"),
        ("field: tags", "field: tgas", f"{MAPPING}.fields[3].if: 'tgas' is not a field of contact. Did you mean tags?"),
        (
            "field: GetResponse_Contact_ID__c",
            "field: GetResponse_ID__c",
            f"file:16: {MAPPING}.key.field: 'GetResponse_ID__c' is not",
        ),
        (
            "field: GetResponse_Contact_ID__c",
            "field: Email",
            "not a unique key. Its unique keys: GetResponse_Contact_ID__c.",
        ),
        (
            "from: contactId",
            "from: contctId",
            f"{MAPPING}.key.from: 'contctId' is not a field of contact. Did you mean contactId?",
        ),
        ("object: contact}", "object: contacts}", "'contacts' is not an object of GetResponse. Did you mean contact?"),
        (
            "salesforce-main, object: Lead",
            "salesforce-man, object: Lead",
            "'salesforce-man' is not a connection. Did you mean salesforce-main?",
        ),
        (
            "salesforce-main, object: Lead",
            "getresponse-main, object: campaign",
            "Crosswalk does not write campaign at GetResponse.",
        ),
        (
            "last_name]",
            "lst_name]",
            f"file:18: {MAPPING}.fields[0].via[0]: There is no transform “lst_name”. Did you mean last_name",
        ),
        (
            "event: contact.subscribed",
            "event: contact.subscribd",
            f"file:24: {RULE}.when.event: 'contact.subscribd' is not an event.",
        ),
        (
            "mapping: subscriber-to-lead}",
            "mapping: subscribers-to-lead}",
            f"file:27: {RULE}.do[0].upsert.mapping: 'subscribers-to-lead' is not a published mapping.",
        ),
        (
            "{connection: getresponse-main, event: contact.subscribed}",
            "{connection: salesforce-main, event: contact.created}",
            "subscriber-to-lead reads from getresponse-main, but the rule listens to salesforce-main.",
        ),
        (
            "mapping: subscriber-to-lead}",
            "mapping: subscriber-to-lead, connection: getresponse-main}",
            "subscriber-to-lead writes to salesforce-main.",
        ),
        (
            "connections: [salesforce-main]",
            "connections: [salesforce]",
            "rules.stop.do[0].opt_out.connections: 'salesforce' is not a connection. Did you mean salesforce-main?",
        ),
        (
            "add_to_campaign: {connection: salesforce-main, campaign: 7015e0000000001AAA, status: Registered}",
            "add_note: {connection: getresponse-main, body: x}",
            "Crosswalk has no add_note at GetResponse.",
        ),
        (
            "upsert: {mapping: subscriber-to-lead}",
            "notify: {to: [sales-team], subject: x}",
            f"file:27: {RULE}.do[0].notify.to: 'sales-team' is not a channel. Channels are made under Set up.",
        ),
        (
            "upsert: {mapping: subscriber-to-lead}",
            "notify: {to: ['{email}'], subject: x}",
            f"file:27: {RULE}.do[0].notify.to: {{email}} is the person's own address",
        ),
        (
            "upsert: {mapping: subscriber-to-lead}",
            "notify: {to: [a@example.com], subjct: x}",
            "notify.subjct: 'subjct' is not a key of notify. Did you mean subject?",
        ),
        (
            "upsert: {mapping: subscriber-to-lead}",
            "set: {connection: salesforce-main, object: Lead, fields: {Emial: x}}",
            "do[0].set.fields.Emial: 'Emial' is not a field of Lead.",
        ),
        (
            "upsert: {mapping: subscriber-to-lead}",
            "set: {connection: salesforce-main, object: Leed, fields: {Email: x}}",
            "Did you mean Lead?",
        ),
        ("    do:\n      - upsert", "    do:\n     - upsert", "The file is not YAML"),
        (FILE, "", "a configuration file is a table, not nothing."),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_its_reason(refused: Refuse, old: str, new: str, said: str) -> None:
    problems = refused(old, new)
    assert any(said in problem and problem.startswith("file:") for problem in problems), problems
    assert not (Connection.objects.exists() or Mapping.objects.exists() or Rule.objects.exists())


def test_a_stop_cannot_be_told_where_there_is_nowhere_to_keep_it(shop: Shop) -> None:
    form = "connections:\n  form:\n    vendor: webhook\n"
    shop.change(("connections:\n", form), ("connections: [salesforce-main]", "connections: [form]"))
    code, said, problems = shop.run("apply")
    assert (code, said) == (1, [])
    assert any("form cannot be told: " in problem for problem in problems), problems


def test_all_mistakes_are_told_in_the_order_of_the_file(shop: Shop) -> None:
    shop.change(("last_name]", "lst_name]"), ("to: Email}", "to: Emial, wriet: x}"), ("upsert:", "upsrt:"))
    code, said, problems = shop.run("plan")
    assert (code, said) == (1, [])
    assert [problem.split(":")[1] for problem in problems] == ["18", "19", "27"]


def test_a_mistake_shows_no_secret(shop: Shop) -> None:
    shop.change(("{client_id: crosswalk", "{flow: ${SF_SECRET}, client_id: crosswalk"), ("api_key:", "apikey:"))
    _code, said, problems = shop.run("apply")
    assert problems
    assert "tell-nobody" not in "\n".join(said + problems)
    assert "sesame" not in "\n".join(said + problems)


def test_a_file_that_is_not_there_is_said_so(shop: Shop) -> None:
    shop.path = shop.path / "nowhere"
    with pytest.raises(Exception, match="nowhere"):
        shop.run("plan")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from: email,", "from: message.subject,", "'message.subject' is not a field of contact: it is empty unless"),
        ("to: Rating", "to: HasOptedOutOfEmail", "HasOptedOutOfEmail is left out: only opt-outs"),
        ("to: Company}", "to: FirstName}", "No row fills Company: no Lead can be created without."),
        (
            "field: campaign.campaignId",
            "field: capaign.campaignId",
            "'capaign.campaignId' is not a known field. Did you mean",
        ),
        ("event: contact.subscribed", "event: note.updated", "note.updated cannot be seen:"),
        ("event: contact.subscribed", "event: task.created", "GetResponse tells nothing about task.created"),
        ("[salesforce-main]}", "[salesforce-main], channels: [email, sms]}", "Salesforce has no opt-out for sms."),
    ],
)
def test_what_may_be_a_mistake_is_said_and_applied(shop: Shop, old: str, new: str, said: str) -> None:
    shop.change((old, new))
    code, lines, warnings = shop.run("apply")
    assert (code, lines[-1]) == (0, "Applied: 5 added, 0 changed, 0 removed.")
    assert any(": warning: " in warning and said in warning for warning in warnings), warnings


def test_a_vendor_that_does_not_answer_stops_nothing_and_is_asked_once(shop: Shop, vendors: Vendors) -> None:
    vendors.answer = False
    shop.change(("to: Email}", "to: Emial}"))
    code, _lines, warnings = shop.run("apply")
    assert (code, len(warnings)) == (0, 2)
    assert "file:15: warning: " in warnings[1]
    assert (
        "The fields of Lead at salesforce-main could not be checked: salesforce-main could not be reached"
        in warnings[1]
    )
    assert vendors.asked == [("getresponse-main", "contact"), ("salesforce-main", "Lead")]


def test_each_object_is_described_once(shop: Shop, vendors: Vendors) -> None:
    shop.run("plan")
    assert vendors.asked == [("getresponse-main", "contact"), ("salesforce-main", "Lead")]


def test_a_trial_asks_a_silent_vendor_once(shop: Shop, vendors: Vendors) -> None:
    vendors.answer = False
    shop.change(("object: Lead}", "object: Contact}"))
    shop.change(("rules:\n", f"{SECOND}rules:\n"))
    shop.run("plan")
    assert vendors.asked == [("getresponse-main", "contact"), ("salesforce-main", "Contact")]


def test_a_table_says_what_it_is_not_what_is_in_it() -> None:
    problems: list[object] = []
    Table("sesame-open", (), problems, "credentials")  # type: ignore[arg-type]
    assert "sesame" not in str(problems)
