"""The simulated org's notes: base64 in, HTML cleaned, linked to each record once."""

from __future__ import annotations

import base64
from typing import Any

from integrations.sandbox.testing import RunningSandbox

from .conftest import Api


def make(salesforce: Api, html: str = "Hello", **values: Any) -> Any:
    content = base64.b64encode(html.encode()).decode()
    return salesforce.post("/sobjects/ContentNote", json={"Title": "T", "Content": content, **values})


def link(salesforce: Api, note: str, record: str, **values: Any) -> Any:
    body = {"ContentDocumentId": note, "LinkedEntityId": record, "ShareType": "V", **values}
    return salesforce.post("/sobjects/ContentDocumentLink", json=body)


def test_raw_newlines_and_scripts_are_stripped(salesforce: Api) -> None:
    id = make(salesforce, "one<br>two\nthree<script>alert(1)</script>").json()["id"]
    assert salesforce.get(f"/sobjects/ContentNote/{id}/Content").text == "one<br>twothree"
    record = salesforce.get(f"/sobjects/ContentNote/{id}").json()
    assert (record["TextPreview"], record["Content"]) == (
        "one twothree",
        f"/services/data/v66.0/sobjects/ContentNote/{id}/Content",
    )


def test_what_is_not_base64_is_refused(salesforce: Api) -> None:
    assert make(salesforce, Content="not base64!").json()[0]["errorCode"] == "JSON_PARSER_ERROR"


def test_a_note_is_linked_to_its_owner_by_itself_and_to_a_record_once(sandbox: RunningSandbox, salesforce: Api) -> None:
    id, record = make(salesforce).json()["id"], sandbox.create("Contact", LastName="Cohen")
    assert link(salesforce, id, record).status_code == 201
    assert link(salesforce, id, record).json()[0]["errorCode"] == "DUPLICATE_VALUE"
    query = f"SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = '{id}'"
    found = salesforce.get("/query", params={"q": query}).json()["records"]
    assert {row["LinkedEntityId"][:3] for row in found} == {"005", "003"}
    salesforce.delete(f"/sobjects/ContentNote/{id}")
    assert salesforce.get("/query", params={"q": query}).json()["records"] == []


def test_links_are_not_listed_without_a_filter(salesforce: Api) -> None:
    answer = salesforce.get("/query", params={"q": "SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'"})
    assert answer.json()[0]["errorCode"] == "MALFORMED_QUERY"


def test_an_org_can_be_without_notes(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", notes_enabled=False)
    assert (make(salesforce).status_code, make(salesforce).json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_conversion_takes_the_tasks_along(sandbox: RunningSandbox) -> None:
    lead = sandbox.create("Lead", LastName="Cohen", Company="Acme", Email="dana@example.com")
    task = sandbox.create("Task", Subject="Call", WhoId=lead)
    contact = sandbox.convert("dana@example.com")["contact"]
    moved = sandbox.record("salesforce", "Task", task)
    assert moved is not None and moved["WhoId"] == contact
