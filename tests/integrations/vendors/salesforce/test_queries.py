"""Questions are safe whatever the values, short enough for a URL, and answered exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import responses

from integrations.vendors.errors import FieldHidden, MappingInvalid, NotFound
from integrations.vendors.salesforce.resources.queries import LONGEST_QUERY, literal, names, parts

from .org import DATA, INSTANCE, client, rows, soql

ID = "00Q000000000001AAA"


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("plain", "'plain'"),
        ("O'Brien", "'O\\'Brien'"),
        ("') OR Name != ('", "'\\') OR Name != (\\''"),
        ("back\\slash", "'back\\\\slash'"),
        ('a "quoted" word', "'a \\\"quoted\\\" word'"),
        ("two\nlines\r\t\b\f", "'two\\nlines\\r\\t\\b\\f'"),
        ("nul\x00and\ud800", "'nuland'"),
        ("דנה 😀", "'דנה 😀'"),
    ],
)
def test_a_value_is_escaped(value: str, escaped: str) -> None:
    assert literal(value) == escaped


@pytest.mark.parametrize("bad", ["Id FROM User", "Name--", "", "1st", "a.b.c", "Name\n", "שם"])
def test_a_name_with_other_signs_never_enters_a_query(bad: str) -> None:
    with pytest.raises(MappingInvalid):
        client().find("Lead", bad, ["x"])
    with pytest.raises(MappingInvalid):
        client().find("Lead", "Email", ["x"], [bad])
    with pytest.raises(NotFound):
        client().describe(bad)


def test_a_field_is_selected_once_in_whatever_case() -> None:
    assert names(["Id", "Email", "email", "ID", "Name"]) == ["Id", "Email", "Name"]


@responses.activate
def test_leads_and_contacts_are_found_by_several_keys_in_one_query() -> None:
    lead = {"Id": ID, "Email": "A@example.com", "Key__c": None, "IsConverted": False, "ConvertedContactId": None}
    responses.get(f"{DATA}/query", json=rows(lead))
    found = client().find_any("Lead", {"Key__c": ["k1"], "Email": ["a@example.com"]}, ["FirstName"])
    assert soql() == (
        "SELECT Id, Key__c, Email, IsConverted, ConvertedContactId, FirstName FROM Lead "
        "WHERE Key__c IN ('k1') OR Email IN ('a@example.com')"
    )
    assert [f.record_id for f in found] == [ID]
    assert "attributes" not in found[0].record


@responses.activate
def test_a_converted_lead_says_which_contact_it_became() -> None:
    lead = {"Id": ID, "Email": "a@example.com", "IsConverted": True, "ConvertedContactId": "003000000000001AAA"}
    responses.get(f"{DATA}/query", json=rows(lead))
    (found,) = client().find("Lead", "Email", ["a@example.com"])
    assert found.moved_to == ("Contact", "003000000000001AAA")


@responses.activate
def test_contacts_are_not_asked_whether_they_are_converted() -> None:
    responses.get(f"{DATA}/query", json=rows())
    client().find("Contact", "Email", ["a@example.com"])
    assert "IsConverted" not in soql()


@responses.activate
def test_a_key_that_differs_in_case_is_another_key() -> None:
    responses.get(f"{DATA}/query", json=rows({"Id": ID, "Key__c": "ABC"}))
    assert client().find("Contact", "Key__c", ["abc"]) == []


@responses.activate
def test_many_values_go_in_several_queries_that_each_fit_a_url() -> None:
    responses.get(f"{DATA}/query", json=rows())
    addresses = [f"somebody.with.a.long.name.{n}'דנה@example.com" for n in range(500)]
    client().find("Lead", "Email", addresses)
    asked = [soql(n) for n in range(len(responses.calls))]
    assert 1 < len(asked) < 10
    assert all(len(quote(q)) <= LONGEST_QUERY for q in asked)
    assert all(sum(literal(address) in q for q in asked) == 1 for address in addresses)


@responses.activate
def test_no_values_are_no_call() -> None:
    assert client().find("Lead", "Email", ["", ""]) == []
    assert len(responses.calls) == 0


@responses.activate
def test_short_pages_are_followed_until_done() -> None:
    first = {
        **rows({"Id": ID, "Email": "a@example.com"}),
        "done": False,
        "nextRecordsUrl": "/services/data/v66.0/query/01g-1",
    }
    responses.get(f"{DATA}/query", json=first)
    responses.get(f"{INSTANCE}/services/data/v66.0/query/01g-1", json=rows({"Id": "003B", "Email": "a@example.com"}))
    assert len(client().find("Contact", "Email", ["a@example.com"])) == 2


@responses.activate
def test_a_field_that_is_hidden_is_named() -> None:
    body = [{"message": "No such column 'HasOptedOutOfEmail' on entity 'Lead'", "errorCode": "INVALID_FIELD"}]
    responses.get(f"{DATA}/query", status=400, json=body)
    with pytest.raises(FieldHidden) as caught:
        client().find("Lead", "Email", ["a@example.com"], ["HasOptedOutOfEmail"])
    assert caught.value.fields == ("HasOptedOutOfEmail",)


@responses.activate
def test_reading_by_a_short_id_answers_under_the_id_that_was_asked() -> None:
    responses.get(f"{DATA}/query", json=rows({"Id": ID, "Company": "Acme"}))
    records = client().read("Contact", [ID[:15], "003missing000000"], ["Company"])
    assert records == {ID[:15]: {"Id": ID, "Company": "Acme"}}


@responses.activate
def test_reading_without_fields_reads_all_that_the_describe_names() -> None:
    responses.get(f"{DATA}/sobjects/Contact/describe", json={"fields": [{"name": "Id"}, {"name": "Email"}]})
    responses.get(f"{DATA}/query", json=rows({"Id": ID, "Email": "a@example.com"}))
    contact = client()
    assert contact.read("Contact", [ID])[ID]["Email"] == "a@example.com"
    contact.read("Contact", [ID])
    assert [c.request.url for c in responses.calls if "describe" in str(c.request.url)] == [
        f"{DATA}/sobjects/Contact/describe"
    ]


def test_hundreds_of_fields_are_split_and_none_is_lost() -> None:
    fields = [f"A_rather_long_name_of_a_custom_field_{n}__c" for n in range(500)]
    split = parts(fields)
    assert [name for part in split for name in part] == fields
    assert all(len(quote(", ".join(part))) <= 6_100 for part in split)


def page_rows(count: int, stamp: str = "2026-04-21T09:15:00.000+0000") -> dict[str, Any]:
    return rows(*({"Id": f"00Q{n:012}", "SystemModstamp": stamp} for n in range(count)))


@responses.activate
def test_a_page_asks_by_stamp_and_id_so_that_equal_stamps_are_not_lost() -> None:
    responses.get(f"{DATA}/sobjects/Lead/describe", json={"fields": [{"name": "Id"}, {"name": "Email"}]})
    responses.get(f"{DATA}/query", json=page_rows(1000))
    lead = client()
    page = lead.page("Lead", since=datetime(2026, 4, 21, tzinfo=UTC), filters={"LeadSource": "Web"})
    assert soql() == (
        "SELECT Id, SystemModstamp, Email FROM Lead WHERE LeadSource = 'Web' AND SystemModstamp >= "
        "2026-04-21T00:00:00.000Z ORDER BY SystemModstamp, Id LIMIT 1000"
    )
    lead.page("Lead", page.cursor)
    assert (
        "((SystemModstamp = 2026-04-21T09:15:00.000Z AND Id > '00Q000000000999') "
        "OR SystemModstamp > 2026-04-21T09:15:00.000Z)"
    ) in soql()


@responses.activate
def test_a_page_that_is_not_full_is_the_last() -> None:
    responses.get(f"{DATA}/sobjects/Lead/describe", json={"fields": [{"name": "Id"}]})
    responses.get(f"{DATA}/query", json=page_rows(999))
    assert client().page("Lead").cursor == ""


@responses.activate
def test_records_are_counted_in_one_call_without_reading_them() -> None:
    responses.get(f"{DATA}/query", json={"totalSize": 1234, "done": True, "records": []})
    since = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
    assert client().count("Lead", since, {"Status": "Open"}) == 1234
    assert soql() == "SELECT COUNT() FROM Lead WHERE Status = 'Open' AND SystemModstamp >= 2026-04-21T09:15:00.000Z"
