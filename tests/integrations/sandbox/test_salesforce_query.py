"""The simulated Salesforce: queries, their pages, and Bulk 2.0."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox

from .conftest import Api

KEY = "GetResponse_Contact_ID__c"
PEOPLE = (
    {"LastName": "Cohen", "Company": "A", "Email": "dana@example.com", "Rating": "Hot"},
    {"LastName": "O'Brien", "Company": "B", "Email": "pat@example.com", "HasOptedOutOfEmail": True},
    {"LastName": "50% off_er", "Company": "C\\D", "Last_Unsubscribe_Date__c": "2026-01-02T03:04:05Z"},
    {"LastName": "כהן", "Company": "a", "Rating": "Cold"},
)


@pytest.fixture
def people(sandbox: RunningSandbox) -> list[str]:
    return [sandbox.create("Lead", **person) for person in PEOPLE]


def ask(salesforce: Api, soql: str) -> Any:
    return salesforce.get("/query", params={"q": soql}).json()


def last_names(salesforce: Api, where: str) -> list[str]:
    answer = ask(salesforce, f"SELECT LastName FROM Lead WHERE {where}")
    return [record["LastName"] for record in answer["records"]]


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ("LastName = 'cohen'", [0]),
        ("LastName = 'O\\'Brien'", [1]),
        ("Company = 'C\\\\D'", [2]),
        ("Company = 'A'", [0, 3]),
        ("Company != 'A'", [1, 2]),
        ("Rating != 'Hot'", [1, 2, 3]),
        ("Rating = null", [1, 2]),
        ("Rating != null", [0, 3]),
        ("Rating IN ('Hot', 'Cold')", [0, 3]),
        ("Rating NOT IN ('Hot')", [1, 2, 3]),
        ("NOT Rating = 'Hot'", [1, 2, 3]),
        ("LastName LIKE 'o%'", [1]),
        ("LastName LIKE '%50\\% off\\_er'", [2]),
        ("LastName LIKE '_כ%'", []),
        ("LastName LIKE 'כ__'", [3]),
        ("HasOptedOutOfEmail = true", [1]),
        ("HasOptedOutOfEmail = false AND (Company = 'A' OR Company = 'B')", [0, 3]),
        ("Company = 'B' OR Company = 'A' AND Rating = 'Hot'", [0, 1]),
        ("Email IN ('DANA@example.com', 'pat@example.com') OR GetResponse_Contact_ID__c = 'x'", [0, 1]),
        ("Last_Unsubscribe_Date__c >= 2026-01-02T03:04:05Z", [2]),
        ("Last_Unsubscribe_Date__c > 2026-01-02T05:04:05+02:00", []),
        ("Last_Unsubscribe_Date__c < 2026-01-02T03:04:06.000Z", [2]),
        ("LastName > 'n' AND LastName < 'p'", [1]),
    ],
)
def test_conditions_find_the_right_people(salesforce: Api, people: list[str], where: str, places: list[int]) -> None:
    assert last_names(salesforce, where) == [PEOPLE[place]["LastName"] for place in places]


def test_ids_are_found_in_both_lengths(salesforce: Api, people: list[str]) -> None:
    assert last_names(salesforce, f"Id IN ('{people[0]}', '{people[3][:15]}')") == ["Cohen", "כהן"]


def test_order_limit_offset_and_count(salesforce: Api, people: list[str]) -> None:
    ordered = ask(
        salesforce, "select LastName from Lead order by Rating desc nulls last, LastName asc limit 3 offset 1"
    )
    count = ask(salesforce, "SELECT COUNT() FROM Lead WHERE Rating = null")
    assert [record["LastName"] for record in ordered["records"]] == ["כהן", "50% off_er", "O'Brien"]
    assert count == {"totalSize": 2, "done": True, "records": []}


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LastName = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE (LastName = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LastName = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT 1 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead; DROP", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-13-45T00:00:00Z", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Nothing__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead ORDER BY Nothing__c", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-02T03:04:05Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'false'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE LastName = 5", "INVALID_FIELD"),
    ],
)
def test_bad_queries_are_refused(salesforce: Api, people: list[str], soql: str, code: str) -> None:
    answer = salesforce.get("/query", params={"q": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_pages_may_be_shorter_than_asked(sandbox: RunningSandbox, salesforce: Api, people: list[str]) -> None:
    sandbox.switch("salesforce", query_page_size=3)
    headers = {"Sforce-Query-Options": "batchSize=2000"}
    soql = "SELECT LastName FROM Lead ORDER BY CreatedDate, Id"
    first = salesforce.get("/query", params={"q": soql}, headers=headers).json()
    second = salesforce.get(f"{sandbox.salesforce_url}{first['nextRecordsUrl']}").json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (4, False, 3)
    assert (second["totalSize"], second["done"], len(second["records"])) == (4, True, 1)
    assert "nextRecordsUrl" not in second


def test_an_unknown_page_is_refused(salesforce: Api) -> None:
    assert salesforce.get("/query/01gNothing-2000").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_deleted_records_are_only_seen_by_query_all(
    sandbox: RunningSandbox, salesforce: Api, people: list[str]
) -> None:
    sandbox.act("salesforce", "delete", id=people[0])
    soql = {"q": "SELECT Id, IsDeleted FROM Lead WHERE LastName = 'Cohen'"}
    everything = salesforce.get("/queryAll", params=soql).json()
    assert salesforce.get("/query", params=soql).json()["totalSize"] == 0
    assert [record["IsDeleted"] for record in everything["records"]] == [True]


CSV = f'{KEY},LastName,Company\nk1,Cohen,A\nk2,Levi,\nk3,"Multi\nline","a, b"\n'


def test_a_bulk_job_says_what_became_of_each_row(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.create("Lead", LastName="Old", Company="Old", **{KEY: "k1"})
    job = {
        "object": "Lead",
        "operation": "upsert",
        "externalIdFieldName": KEY,
        "contentType": "CSV",
        "lineEnding": "LF",
    }
    path = f"/jobs/ingest/{salesforce.post('/jobs/ingest', json=job).json()['id']}"
    upload = salesforce.put(f"{path}/batches", data=iter([CSV.encode()]), headers={"Content-Type": "text/csv"})
    closed = salesforce.patch(path, json={"state": "UploadComplete"}).json()
    done = salesforce.get(path).json()
    good, bad = (salesforce.get(f"{path}/{name}").text for name in ("successfulResults", "failedResults"))
    assert (upload.status_code, closed["state"], done["state"]) == (201, "UploadComplete", "JobComplete")
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (3, 1)
    assert good.startswith('"sf__Id","sf__Created"') and good.count('"true"') == 1 and good.count('"false"') == 1
    assert "REQUIRED_FIELD_MISSING" in bad and '"k2"' in bad
    assert salesforce.get(f"{path}/unprocessedrecords").text == ""
    assert {lead["LastName"] for lead in sandbox.records("salesforce", "Lead")} == {"Cohen", "Multi\nline"}


@pytest.mark.parametrize(
    "changes", [{"operation": "merge"}, {"externalIdFieldName": "Nothing__c"}, {"object": "Nothing"}]
)
def test_bad_bulk_jobs_are_refused(salesforce: Api, changes: dict[str, str]) -> None:
    job = {"object": "Lead", "operation": "upsert", "externalIdFieldName": KEY} | changes
    assert salesforce.post("/jobs/ingest", json=job).status_code in (400, 404)


def test_a_bulk_job_takes_its_data_once_and_can_be_aborted(salesforce: Api) -> None:
    path = (
        f"/jobs/ingest/{salesforce.post('/jobs/ingest', json={'object': 'Lead', 'operation': 'insert'}).json()['id']}"
    )
    uploads = [salesforce.put(f"{path}/batches", data=CSV.encode()).status_code for _ in range(2)]
    assert uploads == [201, 400]
    assert salesforce.patch(path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert salesforce.patch(path, json={"state": "UploadComplete"}).status_code == 400
    assert salesforce.delete(path).status_code == 204
    assert salesforce.get(path).status_code == 404
