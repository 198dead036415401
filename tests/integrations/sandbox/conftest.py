"""One sandbox for all tests here, put back to its sample accounts before each, and clients that speak to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from integrations.sandbox.salesforce.options import CLIENT_ID, CLIENT_SECRET
from integrations.sandbox.testing import RunningSandbox, running_sandbox

VERSION = "66.0"


@pytest.fixture(scope="session")
def started_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started_sandbox: RunningSandbox) -> RunningSandbox:
    started_sandbox.reset()
    return started_sandbox


class Api(requests.Session):
    """A session with a base URL that gives up quickly."""

    def __init__(self, base_url: str, **headers: str) -> None:
        super().__init__()
        self.base_url = base_url
        self.headers.update(headers)

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 5)
        return super().request(method, url if str(url).startswith("http") else self.base_url + url, *args, **kwargs)


@pytest.fixture
def getresponse(sandbox: RunningSandbox) -> Api:
    return Api(sandbox.getresponse_url, **{"X-Auth-Token": "api-key sandbox-getresponse-key"})


def fetch_token(sandbox: RunningSandbox, **changes: str) -> requests.Response:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **changes}
    return requests.post(f"{sandbox.salesforce_url}/services/oauth2/token", data=form, timeout=5)


@pytest.fixture
def salesforce(sandbox: RunningSandbox) -> Api:
    token = fetch_token(sandbox).json()
    base_url = f"{token['instance_url']}/services/data/v{VERSION}"
    return Api(base_url, Authorization=f"Bearer {token['access_token']}")


@dataclass
class Receiver:
    """Somebody's webhook address. `answers` are used up one by one; the last one stays."""

    url: str
    answers: list[tuple[int, str]] = field(default_factory=lambda: [(200, '{"status": "OK"}')])
    requests: list[dict[str, Any]] = field(default_factory=list)

    def take(self, request: dict[str, Any]) -> tuple[int, str]:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            request = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
            status, text = inbox.take(request)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield inbox
    server.shutdown()
    server.server_close()
    thread.join()
