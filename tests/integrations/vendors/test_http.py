"""One HTTP call: what is sent, what is noted, and what a missing answer means."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests
import responses

from integrations.vendors.errors import ConfigurationError, OutcomeUnknown, RateLimited, ReadOnly, Unavailable
from integrations.vendors.http import Call, Http, is_safe_url

from .services import Bench, MemoryBudget, getresponse_account, request

BASE = "https://api.example.com/v3"


def http(bench: Bench, base_url: str = BASE, secrets: tuple[str, ...] = (), read_only: bool = False) -> Http:
    return Http(getresponse_account(read_only=read_only), bench.services, base_url, secrets)


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes a request and hangs up without an answer."""
    server = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.close()


@responses.activate
def test_a_path_is_joined_to_the_base_url_and_the_body_is_utf8_json() -> None:
    responses.post(f"{BASE}/contacts", json={"ok": True})
    answer = http(Bench()).send(Call("POST", "contacts", body={"name": "דנה כהן"}))
    assert answer.json == {"ok": True}
    assert "דנה כהן".encode() in request(0).body


@responses.activate
def test_every_call_has_both_timeouts() -> None:
    responses.get(f"{BASE}/accounts", json={})
    http(Bench()).send(Call("GET", "accounts"))
    assert request(0).req_kwargs["timeout"] == (5, 30)


@responses.activate
def test_a_redirect_is_not_followed_because_it_would_carry_the_key_away() -> None:
    responses.get(f"{BASE}/accounts", status=302, headers={"Location": "https://evil.example.com/"})
    assert http(Bench()).send(Call("GET", "accounts")).status == 302
    assert len(responses.calls) == 1


@responses.activate
def test_the_budget_is_asked_before_anything_is_sent() -> None:
    with pytest.raises(RateLimited):
        http(Bench(budget=MemoryBudget(left=0))).send(Call("GET", "accounts"))
    assert len(responses.calls) == 0


@responses.activate
@pytest.mark.parametrize("body", ["<html>502 Bad Gateway</html>", "", "[" * 100_000, "\ufeff", '{"a":'])
def test_a_body_that_is_not_json_is_an_answer_without_json(body: str) -> None:
    responses.get(f"{BASE}/accounts", status=502, body=body)
    answer = http(Bench()).send(Call("GET", "accounts"))
    assert (answer.status, answer.json) == (502, None)


@responses.activate
def test_an_exchange_holds_no_secret_in_any_spelling() -> None:
    secret = 'pa"ss/wörd+1'
    bench = Bench()
    responses.post(f"{BASE}/token", json={"access_token": "fresh-token", "echo": secret})
    call = Call(
        "POST",
        "token",
        query=[("key", secret)],
        headers={"Authorization": "Bearer session-token", "X-Auth-Token": "api-key header-key"},
        form={"client_secret": "other-secret", "assertion": "a.b.c", "note": secret},
    )
    http(bench, secrets=(secret,)).send(call)
    kept = bench.journal.text
    for leak in (secret, "pa%22ss", "wörd", "fresh-token", "session-token", "header-key", "other-secret", "a.b.c"):
        assert leak not in kept
    assert '"access_token": "•••"' in bench.journal.exchanges[0].response


@responses.activate
def test_bodies_are_noted_up_to_8_kb_with_status_and_time() -> None:
    bench = Bench()
    responses.post(f"{BASE}/contacts", json={"x": "y" * 20_000})
    http(bench).send(Call("POST", "contacts", body={"x": "z" * 20_000}))
    exchange = bench.journal.exchanges[0]
    assert (exchange.method, exchange.status) == ("POST", 200)
    assert len(exchange.request) == len(exchange.response) == 8192
    assert exchange.milliseconds >= 0


@responses.activate
def test_headers_that_decide_something_are_noted() -> None:
    bench = Bench()
    responses.patch(f"{BASE}/x", json={})
    http(bench).send(
        Call("PATCH", "x", headers={"Sforce-Auto-Assign": "FALSE", "Authorization": "Bearer t0k3n"}, body={})
    )
    assert "Sforce-Auto-Assign: FALSE" in bench.journal.exchanges[0].request
    assert "Authorization" not in bench.journal.exchanges[0].request


@responses.activate
def test_a_read_only_account_sends_reads_and_refuses_writes() -> None:
    responses.get(f"{BASE}/contacts", json=[])
    responses.post(f"{BASE}/search", json=[])
    careful = http(Bench(), read_only=True)
    assert careful.send(Call("GET", "contacts")).ok
    assert careful.send(Call("POST", "search", body={}, reads=True)).ok
    with pytest.raises(ReadOnly):
        careful.send(Call("POST", "contacts", body={}))


@responses.activate
@pytest.mark.parametrize(
    ("method", "reads", "error"),
    [("GET", False, Unavailable), ("POST", True, Unavailable), ("POST", False, OutcomeUnknown)],
)
def test_a_read_timeout_is_unknown_only_for_a_write(method: str, reads: bool, error: type[Exception]) -> None:
    bench = Bench()
    responses.add(method, f"{BASE}/contacts", body=requests.ReadTimeout("slow"))
    with pytest.raises(error):
        http(bench).send(Call(method, "contacts", reads=reads))
    assert bench.journal.exchanges[0].status is None


@responses.activate
def test_a_connect_timeout_means_that_nothing_was_sent() -> None:
    responses.post(f"{BASE}/contacts", body=requests.ConnectTimeout("no way"))
    with pytest.raises(Unavailable):
        http(Bench()).send(Call("POST", "contacts", body={}))


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        http(Bench(), f"http://127.0.0.1:{port}").send(Call("POST", "contacts", body={}))


def test_a_connection_dropped_after_a_write_leaves_its_outcome_unknown(silent_server: str) -> None:
    with pytest.raises(OutcomeUnknown):
        http(Bench(), silent_server).send(Call("POST", "contacts", body={}))


def test_a_connection_dropped_after_a_read_is_unavailable(silent_server: str) -> None:
    with pytest.raises(Unavailable):
        http(Bench(), silent_server).send(Call("GET", "contacts"))


@responses.activate
def test_many_calls_keep_their_order_and_each_has_its_own_outcome() -> None:
    bench = Bench()
    for number in range(20):
        responses.get(f"{BASE}/contacts/{number}", json={"number": number})
    responses.get(f"{BASE}/contacts/slow", body=requests.ReadTimeout("slow"))
    paths = [*map(str, range(10)), "slow", *map(str, range(10, 20))]
    outcomes = http(bench).send_many([Call("GET", f"contacts/{path}") for path in paths])
    assert isinstance(outcomes.pop(10), Unavailable)
    assert [getattr(outcome, "json", None) for outcome in outcomes] == [{"number": number} for number in range(20)]
    assert (bench.budget.spent, len(bench.journal.exchanges)) == (21, 21)


@responses.activate
def test_the_budget_pays_for_many_calls_or_for_none() -> None:
    with pytest.raises(RateLimited):
        http(Bench(budget=MemoryBudget(left=2))).send_many([Call("GET", "accounts")] * 3)
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://api.getresponse.com/v3", True),
        ("http://127.0.0.1:9100/v3", True),
        ("http://localhost:9100", True),
        ("http://[::1]:9100", True),
        ("http://api.getresponse.com/v3", False),
        ("http://127.0.0.1.evil.example.com", False),
        ("http://localhost.example.com", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("http://[::1", False),
    ],
)
def test_plain_http_goes_to_this_machine_only(url: str, safe: bool) -> None:
    assert is_safe_url(url) is safe


def test_an_unsafe_base_url_is_refused_before_the_budget_is_touched() -> None:
    bench = Bench()
    with pytest.raises(ConfigurationError, match="https"):
        http(bench, "http://api.example.com").send(Call("GET", "accounts"))
    assert bench.budget.spent == 0
