"""The ways to fail that every simulated vendor has, and the log of calls."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from integrations.sandbox import calls as call_log
from integrations.sandbox.testing import RunningSandbox, running_sandbox

from .conftest import Api, fetch_token

CONTACT = {"email": "dana@example.com", "campaign": {"campaignId": "abc123def"}}
LEAD = {"LastName": "Cohen", "Company": "Example Ltd"}


@pytest.mark.parametrize(("times", "expected"), [(2, [429, 429, 200]), ("always", [429] * 3), (0, [200] * 3)])
def test_getresponse_limits_the_next_calls_or_every_one(
    sandbox: RunningSandbox, getresponse: Api, times: Any, expected: list[int]
) -> None:
    sandbox.switch("getresponse", rate_limit=times)
    assert [getresponse.get("/accounts").status_code for _ in range(3)] == expected


def test_salesforce_has_its_own_words_for_a_limit(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", rate_limit=1)
    answer = salesforce.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in answer.headers


def test_an_expired_session_needs_a_new_token(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", unauthorized=1)
    statuses = [salesforce.get("/limits").status_code for _ in range(2)]
    salesforce.headers["Authorization"] = f"Bearer {fetch_token(sandbox).json()['access_token']}"
    assert [*statuses, salesforce.get("/limits").status_code] == [401, 401, 200]


def test_salesforce_may_always_say_401_and_still_give_tokens(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", unauthorized="always")
    for _ in range(2):
        token = fetch_token(sandbox).json()["access_token"]
        assert salesforce.get("/limits", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_getresponse_says_401_once(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", unauthorized=1)
    assert [getresponse.get("/accounts").status_code for _ in range(2)] == [401, 200]


def test_rows_are_locked_one_by_one(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", lock_row=2)
    rows = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(3)]
    results = salesforce.post("/composite/sobjects", json={"records": rows}).json()
    assert [result["success"] for result in results] == [False, False, True]
    assert results[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert sandbox.app.switches.values("salesforce")["lock_row"] == 0


def test_a_lock_counts_down_even_when_everything_is_rolled_back(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", lock_row=1)
    body = {"allOrNone": True, "records": [{"attributes": {"type": "Lead"}, **LEAD}]}
    successes = [salesforce.post("/composite/sobjects", json=body).json()[0]["success"] for _ in range(2)]
    assert successes == [False, True]


@pytest.mark.parametrize("style", ["hang", "drop"])
def test_a_write_is_done_and_never_answered(sandbox: RunningSandbox, salesforce: Api, style: str) -> None:
    sandbox.switch("salesforce", timeout_after_write=1, timeout_style=style, hang_seconds=30)
    with pytest.raises(requests.RequestException):
        salesforce.post("/sobjects/Lead", json=LEAD, timeout=0.3)
    assert len(sandbox.records("salesforce", "Lead")) == 1
    assert [(call["status"], call["note"]) for call in sandbox.calls()][-1] == (0, "timeout after write")


def test_reads_and_refused_writes_are_answered_all_the_same(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", timeout_after_write=1, timeout_style="drop")
    assert getresponse.get("/contacts").status_code == 200
    assert getresponse.post("/contacts", json={}).status_code == 400
    with pytest.raises(requests.ConnectionError):
        getresponse.post("/contacts", json=CONTACT)


@pytest.mark.parametrize("vendor", ["getresponse", "salesforce"])
def test_a_vendor_that_is_down_answers_html_or_nothing(
    sandbox: RunningSandbox, getresponse: Api, salesforce: Api, vendor: str
) -> None:
    client, path = {"getresponse": (getresponse, "/accounts"), "salesforce": (salesforce, "/limits")}[vendor]
    sandbox.switch(vendor, down=1)
    answer = client.get(path)
    sandbox.switch(vendor, down=1, down_style="drop")
    with pytest.raises(requests.ConnectionError):
        client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (503, "text/html")
    assert client.get(path).status_code == 200


def test_tokens_are_not_given_while_salesforce_is_down(sandbox: RunningSandbox) -> None:
    sandbox.switch("salesforce", down="always")
    assert fetch_token(sandbox).status_code == 503


def test_a_slow_vendor_is_slow_for_everybody_at_once(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", latency_ms=120)
    started = time.monotonic()
    assert getresponse.get("/accounts").status_code == 200
    assert time.monotonic() - started >= 0.12


def test_one_call_fails_by_its_path(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", fail_path="/tags")
    statuses = [getresponse.get(path).status_code for path in ("/accounts", "/tags", "/tags")]
    assert statuses == [200, 500, 200]


def test_calls_are_numbered_and_hold_no_secret(sandbox: RunningSandbox, getresponse: Api) -> None:
    getresponse.get("/contacts", params={"query[email]": "x"})
    getresponse.post("/contacts", json=CONTACT)
    first, second = sandbox.calls("getresponse")
    assert second["n"] == first["n"] + 1
    assert (first["method"], first["path"], first["query"]) == ("GET", "/getresponse/v3/contacts", "query%5Bemail%5D=x")
    assert (second["status"], second["request_bytes"] > 0, second["response_bytes"]) == (202, True, 0)
    assert "sandbox-getresponse-key" not in str([first, second])


def test_assignment_headers_are_in_the_log(sandbox: RunningSandbox, salesforce: Api) -> None:
    salesforce.post("/sobjects/Lead", json=LEAD, headers={"Sforce-Auto-Assign": "FALSE"})
    assert sandbox.calls("salesforce")[-1]["headers"]["sforce-auto-assign"] == "FALSE"


def test_old_calls_are_forgotten(sandbox: RunningSandbox, getresponse: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_log, "KEPT", 10)
    sandbox.store.execute("UPDATE sqlite_sequence SET seq = 998 WHERE name = 'calls'")
    sandbox.store.execute("INSERT INTO calls (n, at, headers) VALUES (5, '', '{}'), (995, '', '{}')")
    start = int(sandbox.store.execute("SELECT seq FROM sqlite_sequence WHERE name = 'calls'")[0]["seq"])
    for _ in range(1000 - start):
        getresponse.get("/accounts")
    assert min(call["n"] for call in sandbox.calls()) > 990


def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Any) -> None:
    path = str(tmp_path / "state.sqlite")
    with running_sandbox(path) as first:
        first.subscribe("dana@example.com")
        first.switch("salesforce", lock_row=3)
    with running_sandbox(path) as second:
        assert [contact["email"] for contact in second.records("getresponse", "contact")] == ["dana@example.com"]
        assert second.app.switches.values("salesforce")["lock_row"] == 3
