"""The sandbox inside a test: started in a thread on a free port, with short ways to seed and inspect it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import Sandbox, create_app, open_store
from .control import act
from .store import Document, Store
from .switches import Values

PATIENCE = 10.0


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the call log has it."""


class RunningSandbox:
    """A sandbox that answers on `url`."""

    def __init__(self, app: Sandbox, url: str) -> None:
        self.app = app
        self.url = url
        self.getresponse_url = f"{url}/getresponse/v3"
        self.highlevel_url = f"{url}/highlevel"
        self.responder_url = f"{url}/responder/v2"
        self.salesforce_url = f"{url}/salesforce"

    @property
    def store(self) -> Store:
        return self.app.store

    def switch(self, vendor: str, /, **changes: Any) -> Values:
        """Set switches: `switch("salesforce", lock_row=2)`."""
        return self.app.switches.set(vendor, changes)

    def act(self, vendor: str, name: str, /, **params: Any) -> Any:
        """Do what a person does at the vendor: `act("getresponse", "subscribe", email="dana@example.com")`."""
        return act(self.app, vendor, name, params)

    def subscribe(self, email: str, **params: Any) -> Document:
        contact: Document = self.act("getresponse", "subscribe", email=email, **params)
        return contact

    def unsubscribe(self, email: str, **params: Any) -> Document:
        contact: Document = self.act("getresponse", "unsubscribe", email=email, **params)
        return contact

    def convert(self, email: str, **params: Any) -> Document:
        converted: Document = self.act("salesforce", "convert", email=email, **params)
        return converted

    def create(self, object: str, **values: Any) -> str:
        """A Salesforce record made by an administrator; its id."""
        return str(self.act("salesforce", "create", object=object, values=values))

    def records(self, vendor: str, object: str) -> list[Document]:
        return self.store.shelf(vendor).all(object)

    def record(self, vendor: str, object: str, id: str) -> Document | None:
        return self.store.shelf(vendor).get(object, id)

    def calls(self, vendor: str = "", after: int = 0) -> list[Document]:
        return self.app.calls.entries(vendor, after)

    def deliveries(self, after: int = 0) -> list[Document]:
        return self.app.outbox.entries(after)

    def wait_until_delivered(self, patience: float = PATIENCE) -> list[Document]:
        """The deliveries once none is under way. Raises TimeoutError."""
        end = time.monotonic() + patience
        while self.app.outbox.pending():
            if time.monotonic() > end:
                raise TimeoutError("Some deliveries are still under way.")
            threading.Event().wait(0.01)
        return self.deliveries()

    def reset(self) -> None:
        self.app.reset()


@contextmanager
def running_sandbox(state_path: str | None = None, port: int = 0) -> Iterator[RunningSandbox]:
    """Started on a free port of the loopback interface; stopped, with all callers let go, at the end."""
    store = open_store(state_path)
    app = create_app(store)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield RunningSandbox(app, f"http://127.0.0.1:{server.server_port}")
    finally:
        app.close()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
        store.close()
