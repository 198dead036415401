"""The simulated vendors in a process of their own that is killed and comes back; a patient caller of its control."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from .processes import descendants, kill

TOP = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0
ALWAYS_SET: Mapping[str, Mapping[str, Any]] = {
    "getresponse": {"webhook_gaps": [0.2] * 5 + [1] * 50},  # sends until somebody acknowledges
    "salesforce": {"daily_limit": 1_000_000},
}


class Sandbox:
    """GetResponse and Salesforce on one port, with their state in one file."""

    def __init__(self, port: int, home: Path, environment: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, str(TOP / "manage.py"), "sandbox", "--port", str(port)]
        self._command += ["--state", str(home / "sandbox.sqlite3")]
        self._environment, self._home = environment, home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._home / "sandbox.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=TOP, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """Server and worker at the same instant, as far as there is such a thing."""
        if self._process is not None:
            for pid in [self._process.pid, *descendants(self._process.pid)]:
                kill(pid)
            self._process.wait()
            self._process = None

    def act(self, vendor: str, name: str, /, **params: Any) -> Any:
        """What a person does at the vendor; None when there was nobody to do it to."""
        answer = self._ask("POST", f"/control/{vendor}/acts/{name}", params)
        return None if answer is None else answer["result"]

    def switch(self, vendor: str, /, **switches: Any) -> None:
        self._ask("POST", f"/control/{vendor}/switches", switches)

    def calm(self) -> None:
        """Every failure switched off."""
        for vendor, always in ALWAYS_SET.items():
            self._ask("DELETE", f"/control/{vendor}/switches")
            self.switch(vendor, **always)

    def records(self, vendor: str, object: str) -> list[dict[str, Any]]:
        return list(self._ask("GET", f"/control/{vendor}/records/{object}")["records"])

    def deliveries(self, after: int) -> tuple[list[dict[str, Any]], int]:
        """What the vendors sent to us by themselves, and how much of it is under way."""
        told = self._ask("GET", f"/control/deliveries?after={after}")
        return told["deliveries"], told["pending"]

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Again until it answers, for it may be dead just now; None when there is no such thing."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = requests.request(method, self.url + path, json=body, timeout=10)
            except requests.RequestException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
                continue
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return answer.json()
