"""The simulated Salesforce: records one by one and many at once, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.salesforce.seed import CAMPAIGN
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api

KEY = "GetResponse_Contact_ID__c"
LEAD = {"LastName": "Cohen", "Company": "Example Ltd"}
MANY = f"/composite/sobjects/Lead/{KEY}"


def upsert(salesforce: Api, key: str = "k1", **values: Any) -> Any:
    return salesforce.patch(f"/sobjects/Lead/{KEY}/{key}", json=LEAD | values)


def row(key: str | None, **values: Any) -> dict[str, Any]:
    given = {"attributes": {"type": "Lead"}, KEY: key, **LEAD, **values}
    return {name: value for name, value in given.items() if value is not None}


def test_an_upsert_creates_and_then_updates(sandbox: RunningSandbox, salesforce: Api) -> None:
    first, second = upsert(salesforce), upsert(salesforce, LastName="Levi")
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    [lead] = sandbox.records("salesforce", "Lead")
    assert (lead["Id"], lead["LastName"], lead[KEY]) == (first.json()["id"], "Levi", "k1")
    assert (lead["Id"][:3], len(lead["Id"])) == ("00Q", 18)


def test_an_upsert_by_an_old_version_updates_without_a_body(salesforce: Api) -> None:
    upsert(salesforce)
    old = salesforce.base_url.replace("66.0", "45.0")
    answer = salesforce.patch(f"{old}/sobjects/Lead/{KEY}/k1", json=LEAD)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_key_may_hold_a_slash(sandbox: RunningSandbox, salesforce: Api) -> None:
    upsert(salesforce, "a%2Fb%20c")
    assert [lead[KEY] for lead in sandbox.records("salesforce", "Lead")] == ["a/b c"]


def test_a_key_is_found_without_regard_to_case(salesforce: Api) -> None:
    assert [upsert(salesforce, key).status_code for key in ("abc", "ABC")] == [201, 200]


@pytest.mark.parametrize("name", [KEY, "Id", KEY.lower()])
def test_the_body_of_an_upsert_does_not_hold_the_key(salesforce: Api, name: str) -> None:
    assert upsert(salesforce, **{name: "k1"}).status_code == 400


def test_an_upsert_by_an_unknown_key_field_is_not_found(salesforce: Api) -> None:
    answers = [salesforce.patch(f"/sobjects/Lead/{name}/x", json=LEAD) for name in ("Nothing__c", "Email")]
    assert [(a.status_code, a.json()[0]["errorCode"]) for a in answers] == [(404, "NOT_FOUND")] * 2


def test_several_records_for_one_key_are_listed_and_nothing_is_written(
    sandbox: RunningSandbox, salesforce: Api
) -> None:
    ids = [sandbox.create("Lead", **LEAD, Legacy_Key__c="same") for _ in range(2)]
    answer = salesforce.patch("/sobjects/Lead/Legacy_Key__c/same", json={"LastName": "Changed"})
    assert (answer.status_code, len(answer.json())) == (300, 2)
    assert [sandbox.record("salesforce", "Lead", id)["LastName"] for id in ids] == ["Cohen", "Cohen"]  # type: ignore[index]


def test_a_record_is_made_read_changed_and_deleted(salesforce: Api) -> None:
    made = salesforce.post("/sobjects/Lead", json=LEAD)
    path = f"/sobjects/Lead/{made.json()['id']}"
    assert (made.status_code, made.json()["success"]) == (201, True)
    assert salesforce.patch(path, json={"Title": "CEO"}).status_code == 204
    body = salesforce.get(path).json()
    assert (body["Title"], body["Status"], body["Email"]) == ("CEO", "Open - Not Contacted", None)
    assert body["attributes"]["type"] == "Lead"
    assert salesforce.delete(path).status_code == 204
    gone = [salesforce.delete(path), salesforce.patch(path, json={})]
    assert [answer.json()[0]["errorCode"] for answer in gone] == ["ENTITY_IS_DELETED"] * 2


def test_an_id_of_15_characters_will_do(salesforce: Api) -> None:
    id = salesforce.post("/sobjects/Lead", json=LEAD).json()["id"]
    assert salesforce.get(f"/sobjects/Lead/{id[:15]}", params={"fields": "Id"}).json()["Id"] == id


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"Company": None}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"LastName": "  "}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"FirstName": "x" * 41}, "STRING_TOO_LONG", ["FirstName"]),
        ({"Email": "not an address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"Nonsense__c": "x"}, "INVALID_FIELD", []),
        ({"IsConverted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsConverted"]),
        ({"ConvertedContactId": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["ConvertedContactId"]),
        ({"Rating": "Boiling"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Rating"]),
        ({"HasOptedOutOfEmail": "maybe"}, "JSON_PARSER_ERROR", []),
        ({"Last_Unsubscribe_Date__c": "2026-01-02"}, "JSON_PARSER_ERROR", []),
        ({"OwnerId": "0055e0000000009AAA"}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
    ],
)
def test_bad_values_are_refused_alone_and_in_a_row(
    sandbox: RunningSandbox, salesforce: Api, changes: dict[str, Any], code: str, fields: list[str]
) -> None:
    sandbox.switch("salesforce", restricted_picklists=["Lead.Rating"])
    single = salesforce.post("/sobjects/Lead", json=LEAD | changes)
    rows = {"allOrNone": False, "records": [{**row("k1"), **changes}]}
    [result] = salesforce.patch(MANY, json=rows).json()
    assert (single.status_code, single.json()[0]["errorCode"]) == (400, code)
    assert single.json()[0].get("fields", []) == fields
    assert (result["success"], result["errors"][0]["statusCode"], result["errors"][0]["fields"]) == (
        False,
        code,
        fields,
    )


def test_lengths_count_characters_not_bytes(salesforce: Api) -> None:
    answers = [salesforce.post("/sobjects/Lead", json=LEAD | {"FirstName": "ש" * n}) for n in (40, 41)]
    assert [answer.status_code for answer in answers] == [201, 400]


def test_a_picklist_that_is_not_restricted_takes_anything(salesforce: Api) -> None:
    assert salesforce.post("/sobjects/Lead", json=LEAD | {"Status": "Unheard of"}).status_code == 201


def test_a_unique_value_cannot_be_taken_twice(salesforce: Api) -> None:
    first = upsert(salesforce)
    answer = salesforce.post("/sobjects/Lead", json=LEAD | {KEY: "k1"})
    error = answer.json()[0]
    assert (answer.status_code, error["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert first.json()["id"] in error["message"]


@pytest.mark.parametrize(
    ("rule", "header", "status"),
    [("alert", "", 400), ("alert", "allowSave=true", 201), ("block", "allowSave=true", 400)],
)
def test_duplicates_are_detected_and_the_answer_is_misspelt(
    sandbox: RunningSandbox, salesforce: Api, rule: str, header: str, status: int
) -> None:
    other = sandbox.create("Lead", **LEAD, Email="dana@example.com")
    sandbox.switch("salesforce", duplicate_rule=rule)
    headers = {"Sforce-Duplicate-Rule-Header": header}
    answer = salesforce.post("/sobjects/Lead", json=LEAD | {"Email": "DANA@example.com"}, headers=headers)
    assert answer.status_code == status
    if status == 400:
        [error] = answer.json()
        [match] = error["duplicateResut"]["matchResults"]
        assert error["errorCode"] == "DUPLICATES_DETECTED"
        assert [found["record"]["Id"] for found in match["matchRecords"]] == [other]


def test_a_validation_rule_says_why(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", validation_rule="Lead.Company=Refused Ltd", validation_message="Not this company.")
    [error] = salesforce.post("/sobjects/Lead", json=LEAD | {"Company": "refused ltd"}).json()
    assert (error["errorCode"], error["message"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not this company.")


def test_a_collection_answers_row_by_row(sandbox: RunningSandbox, salesforce: Api) -> None:
    upsert(salesforce, "k2")
    rows = [row("k1"), row("k2"), row("k3", Company=""), row("k1"), row(None)]
    answer = salesforce.patch(MANY, json={"allOrNone": False, "records": rows})
    results = answer.json()
    assert answer.status_code == 200
    assert [(r["success"], r.get("created")) for r in results] == [(True, True), (True, False), *[(False, None)] * 3]
    codes = [r["errors"][0]["statusCode"] for r in results[2:]]
    assert codes == ["REQUIRED_FIELD_MISSING", "DUPLICATE_VALUE", "MISSING_ARGUMENT"]
    assert len(sandbox.records("salesforce", "Lead")) == 2


def test_all_or_none_takes_everything_back(sandbox: RunningSandbox, salesforce: Api) -> None:
    rows = {"allOrNone": True, "records": [row("k1"), row("k2", Company="")]}
    codes = [result["errors"][0]["statusCode"] for result in salesforce.patch(MANY, json=rows).json()]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert sandbox.records("salesforce", "Lead") == []


def test_a_collection_takes_200_rows(salesforce: Api) -> None:
    statuses = [
        salesforce.patch(MANY, json={"records": [row(f"k{i}") for i in range(size)]}).status_code for size in (200, 201)
    ]
    assert statuses == [200, 400]


def test_collections_create_update_read_and_delete(sandbox: RunningSandbox, salesforce: Api) -> None:
    mixed = [row(None), {"attributes": {"type": "Contact"}, "LastName": "Levi"}, {"LastName": "typeless"}]
    made = salesforce.post("/composite/sobjects", json={"records": mixed}).json()
    ids = [result["id"] for result in made[:2]]
    changes = [
        {"attributes": {"type": "Lead"}, "Id": ids[0], "HasOptedOutOfEmail": True},
        {"attributes": {"type": "Contact"}, "id": ids[1], "HasOptedOutOfEmail": True},
    ]
    updated = salesforce.patch("/composite/sobjects", json={"records": changes}).json()
    read = salesforce.get(
        "/composite/sobjects/Lead", params={"ids": f"{ids[0]},00Q5e00000000zz", "fields": "HasOptedOutOfEmail"}
    )
    deleted = salesforce.delete("/composite/sobjects", params={"ids": ",".join(ids)}).json()
    assert [result["success"] for result in made] == [True, True, False]
    assert [result["success"] for result in [*updated, *deleted]] == [True] * 4
    assert [record and record["HasOptedOutOfEmail"] for record in read.json()] == [True, None]


def test_composite_requests_use_each_others_results(sandbox: RunningSandbox, salesforce: Api) -> None:
    base = "/services/data/v66.0"
    task = {"Subject": "Call", "WhoId": "@{lead.id}"}
    parts = [
        {"method": "POST", "url": f"{base}/sobjects/Lead", "referenceId": "lead", "body": LEAD},
        {"method": "POST", "url": f"{base}/sobjects/Task", "referenceId": "task", "body": task},
        {"method": "GET", "url": f"{base}/query?q=SELECT+Id+FROM+Task", "referenceId": "found"},
    ]
    answers = salesforce.post("/composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200]
    assert answers[2]["body"]["totalSize"] == 1
    [made] = sandbox.records("salesforce", "Task")
    assert made["WhoId"] == answers[0]["body"]["id"]


def test_a_composite_request_can_be_all_or_none(sandbox: RunningSandbox, salesforce: Api) -> None:
    base = "/services/data/v66.0/sobjects"
    parts = [
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "lead", "body": LEAD},
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "bad", "body": {}},
    ]
    body = {"allOrNone": True, "compositeRequest": parts}
    answers = salesforce.post("/composite", json=body).json()["compositeResponse"]
    assert [answer["body"][0]["errorCode"] for answer in answers] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert sandbox.records("salesforce", "Lead") == []


@pytest.mark.parametrize(("permission", "status"), [(False, 400), (True, 200)])
def test_a_converted_lead_is_read_only_without_the_permission(
    sandbox: RunningSandbox, salesforce: Api, permission: bool, status: int
) -> None:
    sandbox.switch("salesforce", edit_converted_leads=permission)
    upsert(salesforce, Email="dana@example.com")
    converted = sandbox.convert("dana@example.com")
    answer = upsert(salesforce, HasOptedOutOfEmail=True)
    contact = sandbox.record("salesforce", "Contact", converted["contact"])
    assert answer.status_code == status
    assert contact is not None and contact["HasOptedOutOfEmail"] is False
    if status == 400:
        assert answer.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_conversion_makes_a_contact_and_moves_the_memberships(sandbox: RunningSandbox, salesforce: Api) -> None:
    lead = upsert(salesforce, Email="dana@example.com", HasOptedOutOfEmail=True).json()["id"]
    salesforce.post("/sobjects/CampaignMember", json={"CampaignId": CAMPAIGN, "LeadId": lead})
    converted = sandbox.convert("dana@example.com")
    record = salesforce.get(f"/sobjects/Lead/{lead}").json()
    contact = salesforce.get(f"/sobjects/Contact/{converted['contact']}").json()
    [member] = sandbox.records("salesforce", "CampaignMember")
    assert (record["IsConverted"], record["ConvertedContactId"]) == (True, converted["contact"])
    assert (contact["HasOptedOutOfEmail"], contact[KEY]) == (True, "k1")
    assert (member["LeadId"], member["ContactId"]) == (None, converted["contact"])


def test_conversion_into_an_existing_contact_loses_the_opt_out(sandbox: RunningSandbox, salesforce: Api) -> None:
    contact = sandbox.create("Contact", LastName="Cohen")
    upsert(salesforce, Email="dana@example.com", HasOptedOutOfEmail=True)
    sandbox.convert("dana@example.com", contactId=contact)
    kept = sandbox.record("salesforce", "Contact", contact)
    assert kept is not None and (kept["HasOptedOutOfEmail"], kept["Email"]) == (False, "dana@example.com")


def test_a_task_for_a_converted_lead_is_refused(sandbox: RunningSandbox, salesforce: Api) -> None:
    lead = upsert(salesforce, Email="dana@example.com").json()["id"]
    sandbox.convert("dana@example.com")
    [error] = salesforce.post("/sobjects/Task", json={"Subject": "Call", "WhoId": lead}).json()
    assert error["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_task_is_closed_when_it_is_completed(sandbox: RunningSandbox, salesforce: Api) -> None:
    id = salesforce.post("/sobjects/Task", json={"Subject": "Call", "ActivityDate": "2026-12-01"}).json()["id"]
    salesforce.patch(f"/sobjects/Task/{id}", json={"Status": "Completed"})
    task = salesforce.get(f"/sobjects/Task/{id}").json()
    assert (id[:3], task["IsClosed"], task["Priority"], task["ActivityDate"]) == ("00T", True, "Normal", "2026-12-01")


def test_nobody_is_a_member_twice(salesforce: Api) -> None:
    member = {"CampaignId": CAMPAIGN, "LeadId": upsert(salesforce).json()["id"], "Status": "Registered"}
    first = salesforce.post("/sobjects/CampaignMember", json=member)
    [error] = salesforce.post("/sobjects/CampaignMember", json=member).json()
    record = salesforce.get(f"/sobjects/CampaignMember/{first.json()['id']}").json()
    assert (record["Status"], record["HasResponded"], first.json()["id"][:3]) == ("Registered", True, "00v")
    assert (error["errorCode"], error["message"]) == ("DUPLICATE_VALUE", "Already a campaign member.")


def test_an_unknown_member_status_becomes_the_default(salesforce: Api) -> None:
    member = {"CampaignId": CAMPAIGN, "LeadId": upsert(salesforce).json()["id"], "Status": "Dreaming"}
    id = salesforce.post("/sobjects/CampaignMember", json=member).json()["id"]
    assert salesforce.get(f"/sobjects/CampaignMember/{id}").json()["Status"] == "Sent"


def test_a_members_person_and_campaign_are_fixed(salesforce: Api) -> None:
    member = {"CampaignId": CAMPAIGN, "LeadId": upsert(salesforce).json()["id"]}
    id = salesforce.post("/sobjects/CampaignMember", json=member).json()["id"]
    [error] = salesforce.patch(f"/sobjects/CampaignMember/{id}", json=member).json()
    assert salesforce.patch(f"/sobjects/CampaignMember/{id}", json={"Status": "Attended"}).status_code == 204
    assert error["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_the_stamp_moves_with_every_write(salesforce: Api) -> None:
    path = f"/sobjects/Lead/{upsert(salesforce).json()['id']}"
    before = salesforce.get(path).json()
    upsert(salesforce, LastName="Levi")
    after = salesforce.get(path).json()
    assert after["SystemModstamp"] >= before["SystemModstamp"]
    assert after["CreatedDate"] == before["CreatedDate"]
    assert after["SystemModstamp"].endswith("+0000")


@pytest.mark.parametrize("name", ["User", "CampaignMemberStatus"])
def test_some_objects_cannot_be_written(salesforce: Api, name: str) -> None:
    assert salesforce.post(f"/sobjects/{name}", json={}).status_code == 400
