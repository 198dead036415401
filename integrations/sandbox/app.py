"""The sandbox as one WSGI application: each vendor under its own path, the control API and a page to look at."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from . import control, page
from .calls import CallLog
from .deliveries import Outbox
from .registry import VENDORS
from .site import Site
from .store import Store
from .switches import Switches

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def open_store(path: str | None = None) -> Store:
    """The store with every vendor's look-ups; a private temporary one without `path`."""
    return Store(path, {slug: vendor.indexes for slug, vendor in VENDORS.items()})


def create_app(store: Store) -> Sandbox:
    """The WSGI application; puts the sample accounts into an empty store."""
    return Sandbox(store)


class Sandbox:
    """All simulated vendors on one store. A WSGI callable."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.switches = Switches(store, {slug: vendor.switches for slug, vendor in VENDORS.items()})
        self.outbox = Outbox(store, {kind: rule for v in VENDORS.values() for kind, rule in v.delivery_rules.items()})
        self.calls = CallLog(store)
        self.sites = {
            slug: Site(vendor, store, self.switches, self.outbox, self.calls) for slug, vendor in VENDORS.items()
        }
        if not store.setting("seeded"):
            self.reset()

    def reset(self) -> None:
        """Forget everything and start from the sample accounts."""
        with self.store.transaction():
            self.store.clear()
            for slug, vendor in VENDORS.items():
                vendor.seed(self.store.shelf(slug))
            self.store.set_setting("seeded", True)

    def close(self) -> None:
        """Let go of callers that hang and stop sending."""
        for site in self.sites.values():
            site.closing.set()
        self.outbox.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        for site in self.sites.values():
            prefix = site.vendor.prefix_of(request.path)
            if prefix is not None:
                return self._answer(site, request, prefix)(environ, start_response)
        show = control.respond if request.path.startswith("/control") else page.respond
        return show(self, request)(environ, start_response)

    def _answer(self, site: Site, request: Request, prefix: str) -> Response:
        answer = site.answer(request, prefix)
        if answer.dropped:
            _drop_connection(request.environ)
        return answer.response


def _drop_connection(environ: dict[str, Any]) -> None:
    connection: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
