"""The customer's guide to GetResponse and Salesforce: each of its calls, as it comes to us or as we make it.

Where the guide is wrong about a vendor, the vendor is spoken to as it is, and the guide's own form is taken in as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from integrations.clients import open_client
from integrations.health import check_connection
from integrations.models import Connection
from tests.world import World

SUBSCRIBED: dict[str, Any] = {
    "contact": {
        "contactId": "xyz789abc",
        "email": "jane@example.com",
        "name": "Jane Doe",
        "campaign": {"campaignId": "abc123def", "name": "Q2 2026 Nurture List"},
        "createdOn": "2026-04-21T09:15:00+0000",
        "tags": [{"tagId": "tag001", "name": "webinar_registrant"}],
        "customFields": [
            {"customFieldId": "cf001", "name": "company", "value": ["Acme Corporation"]},
            {"customFieldId": "cf002", "name": "job_title", "value": ["VP of Engineering"]},
        ],
    },
    "action": "subscribe",
}


@pytest.fixture
def guided(world: World) -> World:
    world.main_job()
    return world


def calls(world: World, vendor: str, method: str, part: str) -> list[dict[str, Any]]:
    return [call for call in world.sandbox.calls(vendor) if call["method"] == method and part in call["path"]]


def test_phase_1_the_callback_is_registered_where_getresponse_has_it(guided: World) -> None:
    """The guide's POST /v3/callbacks is not there; the key goes in X-Auth-Token, as the guide's own curl has it."""
    open_client(guided.getresponse).register_callback("https://crosswalk.example.com/webhooks/getresponse/test-token/")
    [call] = calls(guided, "getresponse", "POST", "callbacks")
    assert call["path"].endswith("/v3/accounts/callbacks")
    callback = guided.sandbox.record("getresponse", "callback", "callback")
    assert callback and callback["actions"]["subscribe"] and callback["actions"]["unsubscribe"]


def test_phase_1_the_guides_payload_becomes_the_guides_lead(guided: World) -> None:
    """Its fields, and Phase 4's: the subscription date, tags, and the contact's id as the key."""
    assert guided.post(SUBSCRIBED).status_code == 200
    guided.work()
    [lead] = guided.leads
    expected = {
        "FirstName": "Jane",
        "LastName": "Doe",
        "Email": "jane@example.com",
        "Company": "Acme Corporation",
        "Title": "VP of Engineering",
        "LeadSource": "Email Marketing",
        "GetResponse_Contact_ID__c": "xyz789abc",
        "GetResponse_Tags__c": "webinar_registrant",
    }
    assert {name: lead[name] for name in expected} == expected
    assert lead["GetResponse_Subscription_Date__c"].startswith("2026-04-21T09:15:00")
    assert lead["HasOptedOutOfEmail"] is False  # a new lead is so by itself: Crosswalk never writes it false


def test_phase_2_the_full_record_is_read_when_the_event_lacks_what_is_mapped(guided: World) -> None:
    contact = guided.sandbox.subscribe("dana@example.com", name="Dana Cohen", customFields={"company": "Beit Ltd"})
    thin = {"contactId": contact["contactId"], "email": contact["email"]}
    guided.post({"contact": thin, "action": "subscribe"})
    guided.work()
    read = calls(guided, "getresponse", "GET", f"/contacts/{contact['contactId']}")
    assert read and "fields=" in read[0]["query"]
    assert guided.leads[0]["LastName"] == "Cohen"


def test_phase_3_the_login_host_is_refused_and_explained(guided: World) -> None:
    """The guide asks login.salesforce.com for client credentials, which Salesforce refuses there."""
    guided.salesforce.base_url += "/login"  # the sandbox's login.salesforce.com
    [first, *_rest] = check_connection(guided.salesforce)
    assert not first.ok and "My Domain" in f"{first.detail} {first.help}"


def test_phase_4_a_second_event_updates_the_same_lead(guided: World) -> None:
    guided.post(SUBSCRIBED)
    guided.work()
    changed = SUBSCRIBED["contact"] | {"name": "Jane Smith", "contactId": "xyz789abc"}
    guided.post({"contact": changed, "action": "subscribe"})
    guided.work()
    [lead] = guided.leads
    assert lead["LastName"] == "Smith"


def test_phase_5_unsubscribe_opts_the_lead_and_its_contact_out_with_what_else_is_to_be_written(guided: World) -> None:
    options = guided.salesforce.options | {"opt_out_values": {"Lead": {"Status": "Unqualified"}}}
    Connection.objects.filter(pk=guided.salesforce.pk).update(options=options)
    guided.post(SUBSCRIBED)
    guided.work()
    guided.post(SUBSCRIBED | {"action": "unsubscribe"})
    guided.work()
    [lead] = guided.leads
    assert (lead["HasOptedOutOfEmail"], lead["Status"]) == (True, "Unqualified")
    assert lead["Last_Unsubscribe_Date__c"]


def test_phase_5_a_converted_lead_and_its_contact_are_both_opted_out(guided: World) -> None:
    guided.sandbox.switch("salesforce", edit_converted_leads=True)
    guided.post(SUBSCRIBED)
    guided.work()
    contact_id = guided.sandbox.convert("jane@example.com")["contact"]
    guided.post(SUBSCRIBED | {"action": "unsubscribe"})
    guided.work()
    contact = guided.sandbox.record("salesforce", "Contact", contact_id)
    assert contact and contact["HasOptedOutOfEmail"] is True
    assert guided.leads[0]["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Madonna", None, "Madonna"),
        ("Dr. Jane Doe", "Jane", "Doe"),
        ("Jane  van  Dyke", "Jane", "van Dyke"),
        ("", None, "Unknown"),
    ],
)
def test_pitfall_names_are_split_as_people_write_them(guided: World, name: str, first: str | None, last: str) -> None:
    guided.post({"contact": SUBSCRIBED["contact"] | {"name": name}, "action": "subscribe"})
    guided.work()
    [lead] = guided.leads
    assert (lead.get("FirstName"), lead["LastName"]) == (first, last)


def test_pitfall_a_missing_company_is_the_domain_of_the_address(guided: World) -> None:
    guided.post(
        {
            "contact": SUBSCRIBED["contact"] | {"customFields": [], "email": "jane@acme.example.com"},
            "action": "subscribe",
        }
    )
    guided.work()
    assert guided.leads[0]["Company"] == "acme.example.com"


def test_pitfall_four_hundred_calls_an_hour_is_a_limit_a_user_can_set(guided: World) -> None:
    Connection.objects.filter(pk=guided.getresponse.pk).update(limits=[{"calls": 4, "per": "1h"}])
    for number in range(12):
        contact = guided.sandbox.subscribe(f"p{number}@example.com", name=f"P {number}")
        guided.post({"contact": {"contactId": contact["contactId"], "email": contact["email"]}, "action": "subscribe"})
    guided.work()
    assert len(calls(guided, "getresponse", "GET", "/contacts/")) <= 4
