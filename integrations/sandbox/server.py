"""Runs the sandbox as a server of its own: gunicorn, one process, sixteen threads."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from .app import Sandbox, create_app, open_store
from .registry import VENDORS

THREADS = 16


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, host: str, port: int, state_path: str | None) -> None:
        self._address = f"{host}:{port}"
        self._state_path = state_path
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 0,
            "graceful_timeout": 3,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "crosswalk-sandbox",
            "worker_int": _close,
            "worker_exit": lambda server, worker: _close(worker),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Sandbox:
        return create_app(open_store(self._state_path))


def serve(host: str, port: int, state_path: str | None = None) -> None:
    """Serve until stopped. What was acknowledged is in `state_path`; without it the state ends with the process."""
    _Server(host, port, state_path).run()


def introduction(host: str, port: int) -> str:
    """What a person must know to use it: addresses and sample credentials."""
    base = f"http://{host}:{port}"
    lines = [f"Sandbox of simulated vendors: {base}/ (a page to look at), {base}/control (for programs)"]
    for vendor in VENDORS.values():
        lines += ["", f"{vendor.label}: {base}{vendor.mounts[0][0]}"]
        lines += [f"  {name}: {value}" for name, value in vendor.sample_account.items()]
    return "\n".join(lines)


def _close(worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if isinstance(app, Sandbox):
        app.close()
