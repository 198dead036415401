"""Two Salesforce clients that nobody here wrote work against the simulated Salesforce: simple-salesforce and jsforce.

They prove the shape of the protocol; the business rules are our reading of the fact sheet.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql

from integrations.sandbox.salesforce.options import CLIENT_ID, CLIENT_SECRET
from integrations.sandbox.testing import RunningSandbox

KEY = "GetResponse_Contact_ID__c"
JSFORCE = Path(__file__).parent / "jsforce"


class ToSandbox(HTTPAdapter):
    """Takes https:// requests to any host to the sandbox: simple-salesforce knows no http."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = self._url + str(parts.path) + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


@pytest.fixture
def simple(sandbox: RunningSandbox) -> Any:
    session = requests.Session()
    session.mount("https://", ToSandbox(sandbox.url))
    key, secret = CLIENT_ID, CLIENT_SECRET
    yield Salesforce(consumer_key=key, consumer_secret=secret, domain="sandbox.my", session=session, version="66.0")
    session.close()


def test_simple_salesforce_upserts(simple: Any) -> None:
    lead = {"LastName": "Cohen", "Company": "Example Ltd"}
    answers = [simple.Lead.upsert(f"{KEY}/ss-1", lead, raw_response=True) for _ in range(2)]
    assert [(answer.status_code, answer.json()["created"]) for answer in answers] == [(201, True), (200, False)]


def test_simple_salesforce_upserts_many_with_one_bad_row(simple: Any) -> None:
    rows = [
        {"attributes": {"type": "Lead"}, KEY: "ss-2", "LastName": "Levi", "Company": "Example Ltd"},
        {"attributes": {"type": "Lead"}, KEY: "ss-3", "LastName": "No Company"},
    ]
    body = json.dumps({"allOrNone": False, "records": rows})
    good, bad = simple.restful(f"composite/sobjects/Lead/{KEY}", method="PATCH", data=body)
    assert (good["success"], good["created"], bad["success"]) == (True, True, False)
    assert bad["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"


def test_simple_salesforce_creates_and_queries_page_by_page(sandbox: RunningSandbox, simple: Any) -> None:
    sandbox.switch("salesforce", query_page_size=3)
    for number in range(7):
        assert simple.Lead.create({"LastName": f"O'Page {number}", "Company": "Paged"})["success"]
    query = format_soql("SELECT LastName FROM Lead WHERE LastName LIKE '{:like}%' ORDER BY LastName", "O'Page")
    found = simple.query_all(query)
    assert [record["LastName"] for record in found["records"]] == [f"O'Page {number}" for number in range(7)]
    assert (found["totalSize"], found["done"]) == (7, True)


def test_simple_salesforce_upserts_in_bulk(sandbox: RunningSandbox, simple: Any) -> None:
    simple.Lead.upsert(f"{KEY}/ss-1", {"LastName": "Old", "Company": "Example Ltd"})
    rows = [
        {KEY: "ss-1", "LastName": "New", "Company": "Example Ltd"},
        {KEY: "ss-4", "LastName": "Added", "Company": "Example Ltd"},
        {KEY: "ss-5", "LastName": "Bad", "Company": ""},
    ]
    [job] = simple.bulk2.Lead.upsert(records=rows, external_id_field=KEY, wait=0.05)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    assert "REQUIRED_FIELD_MISSING" in simple.bulk2.Lead.get_failed_records(job["job_id"])
    assert sorted(lead["LastName"] for lead in sandbox.records("salesforce", "Lead")) == ["Added", "New"]


def node() -> str:
    """The node program. Without it, or without jsforce, the test is skipped; in CI it fails."""
    program = shutil.which("node")
    missing = "node is not installed" if program is None else ""
    if not missing and not (JSFORCE / "node_modules" / "jsforce").is_dir():
        missing = "jsforce is not installed: run npm ci in tests/integrations/sandbox/jsforce"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return str(program)


def test_jsforce_does_all_of_it(sandbox: RunningSandbox) -> None:
    sandbox.switch("salesforce", query_page_size=3)
    command = [node(), "drive.mjs", sandbox.salesforce_url, CLIENT_ID, CLIENT_SECRET]
    run = subprocess.run(command, cwd=JSFORCE, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    seen = json.loads(run.stdout)
    assert seen["tokenType"] == "Bearer"
    assert [seen[name]["created"] for name in ("created", "updated")] == [True, False]
    assert [row["success"] for row in seen["collection"]] == [True, False]
    assert seen["collection"][1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert seen["made"]["success"] is True
    assert seen["paged"] == [f"Page {number}" for number in range(7)]
    assert sorted(row["sf__Created"] for row in seen["bulk"]["successfulResults"]) == ["false", "true"]  # in any order
    assert "REQUIRED_FIELD_MISSING" in seen["bulk"]["failedResults"][0]["sf__Error"]
