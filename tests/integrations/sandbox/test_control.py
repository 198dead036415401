"""The control API, the page, the traffic player and the server of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox import traffic
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def control(sandbox: RunningSandbox) -> Api:
    return Api(f"{sandbox.url}/control")


def test_the_index_names_addresses_accounts_and_switches(sandbox: RunningSandbox, control: Api) -> None:
    vendors = control.get("").json()["vendors"]
    assert vendors["getresponse"]["base_url"] == sandbox.getresponse_url
    assert vendors["salesforce"]["sample_account"]["client_id"] == "sandbox-client-id"
    assert vendors["salesforce"]["switches"]["lock_row"] == 0


def test_switches_are_set_read_and_put_back(control: Api) -> None:
    path = "/salesforce/switches"
    assert control.post(path, json={"lock_row": "always", "hidden_fields": "A.B, C.D"}).json()["lock_row"] == "always"
    assert control.get(path).json()["hidden_fields"] == ["A.B", "C.D"]
    assert control.delete(path).json()["lock_row"] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lock_rows": 1}, "lock_row"),
        ({"lock_row": "many"}, "count"),
        ({"lock_row": -2}, "count"),
        ({"duplicate_rule": "sometimes"}, "choice"),
        ({"edit_converted_leads": "perhaps"}, "flag"),
        ({"latency_ms": -1}, "number"),
    ],
)
def test_bad_switches_are_refused_and_change_nothing(control: Api, changes: dict[str, Any], words: str) -> None:
    answer = control.post("/salesforce/switches", json={"down": 1, **changes})
    assert answer.status_code == 400 and words in answer.json()["error"]
    assert control.get("/salesforce/switches").json()["down"] == 0


def test_acts_are_done_and_records_are_seen(control: Api) -> None:
    made = control.post("/getresponse/acts/subscribe", json={"email": "dana@example.com", "name": "דנה"}).json()[
        "result"
    ]
    [seen] = control.get("/getresponse/records/contact").json()["records"]
    one = control.get(f"/getresponse/records/contact/{made['contactId']}").json()
    assert made == seen == one


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/getresponse/acts/unsubscribe", {"email": "nobody@example.com"}),
        ("/getresponse/acts/subscribe", {}),
        ("/getresponse/acts/subscribe", {"email": "a@example.com", "tags": ["nothing"]}),
        ("/getresponse/acts/dance", {}),
        ("/salesforce/acts/convert", {"email": "nobody@example.com"}),
        ("/salesforce/acts/create", {"object": "Lead", "values": {"LastName": "No Company"}}),
        ("/nobody/acts/create", {}),
    ],
)
def test_acts_that_cannot_be_done_say_why(control: Api, path: str, body: dict[str, Any]) -> None:
    answer = control.post(path, json=body)
    assert answer.status_code == 404 and answer.json()["error"]


def test_records_are_put_and_removed(control: Api) -> None:
    path = "/getresponse/records/tag/t1"
    control.put(path, json={"tagId": "t1", "name": "mine"})
    assert control.get(path).json()["name"] == "mine"
    control.delete(path)
    assert control.get(path).status_code == 404


def test_a_reset_leaves_the_sample_accounts(control: Api, sandbox: RunningSandbox) -> None:
    sandbox.subscribe("dana@example.com")
    control.post("/reset")
    assert control.get("/getresponse/records/contact").json()["records"] == []
    assert len(control.get("/getresponse/records/campaign").json()["records"]) == 3


def test_calls_and_deliveries_are_listed(control: Api, getresponse: Api) -> None:
    getresponse.get("/accounts")
    [call] = control.get("/calls", params={"vendor": "getresponse"}).json()["calls"]
    assert call["path"] == "/getresponse/v3/accounts"
    assert control.get("/calls", params={"after": call["n"]}).json()["calls"] == []
    assert control.get("/deliveries").json() == {"deliveries": [], "pending": 0}


def test_the_page_shows_records_and_escapes_them(sandbox: RunningSandbox) -> None:
    sandbox.subscribe("dana@example.com", name="<b>דנה</b>")
    page = requests.get(sandbox.url, timeout=5)
    assert page.status_code == 200 and page.headers["Content-Type"] == "text/html;charset=utf-8"
    assert "&lt;b&gt;דנה&lt;/b&gt;" in page.text and "<b>דנה" not in page.text
    assert "http" not in page.text.replace(sandbox.url, "").replace("http-equiv", "")


def test_switches_are_set_by_the_page(sandbox: RunningSandbox) -> None:
    form = {"lock_row": "2", "edit_converted_leads": "on"}
    requests.post(f"{sandbox.url}/switches/salesforce", data=form, timeout=5)
    values = sandbox.app.switches.values("salesforce")
    assert (values["lock_row"], values["edit_converted_leads"], values["client_credentials_flow"]) == (2, True, False)
    requests.post(f"{sandbox.url}/switches/salesforce/reset", timeout=5)
    assert sandbox.app.switches.values("salesforce")["lock_row"] == 0


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/switches/salesforce", {}, 400),
        ("/switches/nobody", {}, 404),
        ("/switches/salesforce", {"Origin": "http://elsewhere.example.com"}, 404),
    ],
)
def test_the_page_refuses_bad_forms_and_strangers(
    sandbox: RunningSandbox, path: str, headers: dict[str, str], status: int
) -> None:
    answer = requests.post(sandbox.url + path, data={"lock_row": "many"}, headers=headers, timeout=5)
    assert answer.status_code == status


def test_the_traffic_plays_to_its_end(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "WAIT_FOR_LEAD", 0)
    sandbox.create("Lead", LastName="van der Berg", Company="Berg Clinics", Email=traffic.OPTED_OUT)
    said: list[str] = []
    traffic.play(sandbox.url, 0, said.append)
    [gone] = sandbox.records("getresponse", "removed")
    [contact] = sandbox.records("salesforce", "Contact")
    assert len(sandbox.records("getresponse", "contact")) == len(traffic.SUBSCRIBERS) - 1
    assert (gone["email"], contact["Email"]) == (traffic.OPTED_OUT, traffic.OPTED_OUT)
    assert traffic.REFUSED_COMPANY in sandbox.app.switches.values("salesforce")["validation_rule"]
    assert any("clicked unsubscribe" in line for line in said)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started_server(port: int, state: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port), "--state", str(state)]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            requests.get(f"http://127.0.0.1:{port}/control", timeout=5)
            return server
        except requests.ConnectionError:
            time.sleep(0.05)
    raise TimeoutError("The sandbox did not start.")


def stop(server: subprocess.Popen[bytes], how: signal.Signals) -> str:
    os.killpg(server.pid, how)
    return server.communicate(timeout=10)[0].decode()


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    port, state = free_port(), tmp_path / "state.sqlite"
    url = f"http://127.0.0.1:{port}"
    server = started_server(port, state)
    contact = {"email": "dana@example.com"}
    assert requests.post(f"{url}/control/getresponse/acts/subscribe", json=contact, timeout=5).status_code == 200
    printed = stop(server, signal.SIGKILL)
    server = started_server(port, state)
    try:
        records = requests.get(f"{url}/control/getresponse/records/contact", timeout=5).json()["records"]
        chunks = requests.post(f"{url}/salesforce/services/oauth2/token", data=iter([b"grant_type=x"]), timeout=5)
    finally:
        stop(server, signal.SIGTERM)
    assert [record["email"] for record in records] == ["dana@example.com"]
    assert chunks.json()["error"] == "unsupported_grant_type"
    assert "sandbox-getresponse-key" in printed and f"{url}/getresponse/v3" in printed
