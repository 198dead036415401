"""What the benchmark itself relies on: whole messages, a vendor that remembers, a table that does not flatter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.http import Reader, request
from benchmarks.measures import Burst, percentiles
from benchmarks.people import contact_id_of, email_of
from benchmarks.vendor import KEY, Org, _reply


def _call(org: Org, line: str, body: Any = None) -> Any:
    return _reply(org, line, b"" if body is None else json.dumps(body).encode())[1]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_messages_are_cut_wherever_the_network_divides_them(size: int) -> None:
    stream = request("POST", "/a", b'{"a": 1}') + request("GET", "/b", b"")
    reader, messages = Reader(), []
    for start in range(0, len(stream), size):
        messages += reader.feed(stream[start : start + size])
    assert [message.body for message in messages] == [b'{"a": 1}', b""]
    assert messages[1].first == "GET /b HTTP/1.1"


def test_the_vendor_finds_an_upserted_lead_by_key_address_and_id() -> None:
    org = Org()
    row = {"attributes": {"type": "Lead"}, KEY: contact_id_of(1), "Email": email_of(1)}
    [made] = _call(org, f"PATCH /services/data/v66.0/composite/sobjects/Lead/{KEY}", {"records": [row]})
    for text in (contact_id_of(1), email_of(1), made["id"]):
        answer = _call(org, f"GET /services/data/v66.0/query?q=SELECT+Id+FROM+Lead+WHERE+A+IN+(%27{text}%27)")
        assert [record["Id"] for record in answer["records"]] == [made["id"]]
    assert org.calls == {"collection upsert": 1, "query": 3}


def test_a_stop_is_told_apart_from_other_writes() -> None:
    org = Org()
    key = contact_id_of(1)
    made = _call(org, f"PATCH /services/data/v66.0/sobjects/Lead/{KEY}/{key}", {"Email": email_of(1)})
    _call(org, f"PATCH /services/data/v66.0/sobjects/Lead/{made['id']}", {"HasOptedOutOfEmail": True})
    assert [(who, what) for who, what, _at in org.arrivals] == [(email_of(1), "lead"), (email_of(1), "opt_out")]


def test_a_call_the_vendor_does_not_know_is_counted_and_refused() -> None:
    org = Org()
    assert _reply(org, "DELETE /services/data/v66.0/sobjects/Lead/1", b"")[0] == 404
    assert org.calls == {"unknown": 1}


def test_calls_and_rate_are_per_lead() -> None:
    burst = Burst(leads=500, answered=1.0, arrived=2.0, calls={"query": 3, "collection upsert": 3})
    assert (burst.per_second, burst.calls_per_thousand) == (250, 12)


def test_percentiles_lie_between_the_least_and_the_most() -> None:
    assert percentiles([float(n) for n in range(1, 101)]) == (50.5, pytest.approx(95.05))


@pytest.mark.parametrize(("ours", "reached"), [([700.0, 760.0, 800.0], True), ([740.0, 760.0, 700.0], False)])
def test_the_ratio_is_of_medians(ours: list[float], reached: bool) -> None:
    assert report.answers_line("SQLite", ours, [900.0, 1000.0, 2000.0]).reached is reached


def test_what_was_written_by_hand_stays_below_the_new_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    monkeypatch.setattr(report, "PAGE", page)
    line = report.memory_line("SQLite", {5000: 300.0, 50_000: 390.0})
    report.write_page([line], "a machine")
    page.write_text(page.read_text() + "\n## What limits us\nThe disk.\n")
    report.write_page([line], "another machine")
    text = page.read_text()
    assert "another machine" in text
    assert text.endswith("## What limits us\nThe disk.\n")
    assert text.count("390 MB after 50000") == 1
