"""Crosswalk as it runs in production, for the tests to break: web server and lanes under their parent, and vendors."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
import requests
import yaml
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connections

from .clocks import Clocks
from .places import WATCHER, Place
from .processes import kill_groups
from .sandbox import TOP, Sandbox

ALIAS = "faults"  # the installation's database, as the tests look into it
TOKEN = "fault-token"
START_SECONDS, STOP_SECONDS = 60.0, 20.0


@dataclass
class Installation:
    place: Place
    home: Path
    environment: Mapping[str, str]
    port: int
    sandbox: Sandbox
    clocks: Clocks
    parent: int = 0

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/getresponse/{TOKEN}/"

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, str(TOP / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, cwd=TOP, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def configure(self) -> None:
        """As demo.yaml has GetResponse and Salesforce, at this sandbox."""
        document = _of_two(yaml.safe_load((TOP / "demo.yaml").read_text()))
        for name, path in (("getresponse-main", "/getresponse/v3"), ("salesforce-main", "/salesforce")):
            document["connections"][name]["base_url"] = self.sandbox.url + path
            document["connections"][name]["limits"] = [{"calls": 1_000_000, "per": "1d"}]
        document["connections"]["getresponse-main"]["webhook_token"] = TOKEN
        file = self.home / "faults.yaml"
        file.write_text(yaml.safe_dump(document))
        self.manage("config", "apply", str(file))
        self.sandbox.act("getresponse", "add_webhook", url=self.webhook)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Under `manage.py run`. All of its processes are gone afterwards, however they were treated."""
        command = [sys.executable, str(TOP / "manage.py"), "run", "--port", str(self.port)]
        with (self.home / "run.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=TOP, env=self.environment, stdout=log, stderr=log)
        try:
            self.parent = process.pid
            wait_for(f"http://127.0.0.1:{self.port}/healthz")
            yield
        finally:
            kill_groups(process.pid, lambda: _end(process))


def _of_two(document: dict[str, Any]) -> dict[str, Any]:
    """Only what is between the two systems whose traffic is played; a stop is told to Salesforce alone."""
    stop = {"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}}
    rules = {name: document["rules"][name] for name in ("new-subscriber", "tagged", "stop")}
    return {
        "version": document["version"],
        "connections": {name: document["connections"][name] for name in ("getresponse-main", "salesforce-main")},
        "mappings": {"subscriber-to-lead": document["mappings"]["subscriber-to-lead"]},
        "rules": rules | {"stop": rules["stop"] | {"do": [stop]}},
    }


@contextmanager
def installed(place: Place, home: Path) -> Iterator[Installation]:
    """Set up, running, and open to the tests under the database alias."""
    with ExitStack() as until_the_end:
        until_the_end.callback(place.drop)
        port = free_port()
        environment = _environment(place.make(home), home, port)
        sandbox = Sandbox(free_port(), home, environment)  # by a clock of its own, as vendors are
        clocks = Clocks(home / "clocks.json", place)
        until_the_end.callback(sandbox.kill)
        sandbox.start()
        installation = Installation(place, home, {**environment, **clocks.environment}, port, sandbox, clocks)
        installation.manage("migrate", "--verbosity", "0")
        wait_for(f"{sandbox.url}/control")
        sandbox.calm()
        installation.configure()
        until_the_end.enter_context(_watched(environment["DATABASE_URL"]))
        until_the_end.enter_context(installation.running())
        yield installation


@contextmanager
def _watched(url: str) -> Iterator[None]:
    database: dict[str, Any] = environ.Env.db_url_config(url)
    sqlite = database["ENGINE"].endswith("sqlite3")
    database["OPTIONS"] = dict(settings.SQLITE_OPTIONS) if sqlite else {"application_name": WATCHER}
    default = settings.DATABASES["default"]
    connections.settings[ALIAS] = connections.configure_settings({"default": default, ALIAS: database})[ALIAS]
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.settings[ALIAS]


def _environment(store: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
    """As in production; nothing of the caller's own settings counts."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **store,
        "DEBUG": "0",
        "SECRET_KEY": "a-key-for-the-fault-suite-only-0123456789abcdefghijklmnop",
        "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CROSSWALK_RUNTIME_DIR": str(home / "run"),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    process.kill()
    process.wait()


def wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(requests.RequestException):
            requests.get(url, timeout=5)
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {START_SECONDS:.0f} s.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
