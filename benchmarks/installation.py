"""Runs what is measured, each in processes of its own: the vendor, the bare view, Crosswalk with its workers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .places import TOP, Home, Place, environment

TOKEN = "benchmark-token"
WEBHOOK = f"/webhooks/getresponse/{TOKEN}/"
START_SECONDS, STOP_SECONDS = 60.0, 20.0
GUNICORN = ("-m", "gunicorn", "config.wsgi", "--config", "python:config.supervisor.web")
CONFIGURATION = """
version: 1
connections:
  getresponse-main:
    vendor: getresponse
    base_url: {vendor}/v3
    credentials: {{api_key: unused}}
    webhook_token: {token}
  salesforce-main:
    vendor: salesforce
    base_url: {vendor}
    credentials: {{flow: client_credentials, client_id: unused, client_secret: unused}}
    limits: [{{calls: 1000000, per: 1d}}]
mappings:
  subscriber-to-lead:
    source: {{connection: getresponse-main, object: contact, read: never}}
    target: {{connection: salesforce-main, object: Lead}}
    key: {{field: GetResponse_Contact_ID__c, from: contactId}}
    match: [email]
    fields:
      - {{from: name, via: [first_name], to: FirstName}}
      - {{from: name, via: [last_name], to: LastName, fallback: Unknown}}
      - {{from: email, to: Email}}
      - {{from: [customFields.company, email], via: [company_or_domain], to: Company}}
      - {{from: customFields.job_title, to: Title, via: [{{truncate: 128}}]}}
      - {{value: Email Marketing, to: LeadSource, write: create}}
      - {{from: tags, via: [names, {{join: ";"}}], to: GetResponse_Tags__c}}
      - {{from: createdOn, via: [datetime], to: GetResponse_Subscription_Date__c, blank: ignore}}
      - {{value: Hot, to: Rating, if: {{field: tags, op: contains_any, value: [pricing_page_visited, demo_watched]}}}}
rules:
  new-subscriber:
    when: {{connection: getresponse-main, event: contact.subscribed}}
    do: [{{upsert: {{mapping: subscriber-to-lead}}}}]
  stop:
    when: {{connection: getresponse-main, event: contact.unsubscribed}}
    do: [{{opt_out: {{connections: [salesforce-main], channels: [email]}}}}]
"""


class Trouble(Exception):
    """A process did not start, or work did not come to its end in time."""


@dataclass
class Vendor:
    """The simulated vendor, asked by the benchmark what arrived."""

    url: str

    def set(self, delay: float = 0.0) -> None:
        """Answer each call after so many seconds; calls are counted from here."""
        requests.post(f"{self.url}/benchmark", json={"delay": delay}, timeout=10).raise_for_status()

    def tell(self, first: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = requests.get(f"{self.url}/benchmark?from={first}", timeout=30).json()
        return told

    def count(self) -> int:
        return int(self.tell(10**9)["count"])

    def wait_for(self, count: int, seconds: float) -> None:
        """Until so many writes arrived in all. Raises Trouble."""
        until = time.monotonic() + seconds
        while (arrived := self.count()) < count:
            if time.monotonic() > until:
                raise Trouble(f"{arrived} of {count} writes arrived within {seconds:.0f} s.")
            time.sleep(0.1)


@dataclass
class Installation:
    """One database with Crosswalk in it; what it runs is started and ended by the measures."""

    label: str
    environment: dict[str, str]
    home: Path
    port: int
    vendor: Vendor

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, str(TOP / "manage.py"), *arguments]
        subprocess.run(command, env=self.environment, cwd=TOP, check=True, stdout=subprocess.DEVNULL)

    def fill_backlog(self, count: int) -> None:
        command = [sys.executable, "-m", "benchmarks.backlog", str(count)]
        subprocess.run(command, env=self.environment, cwd=TOP, check=True)

    @contextmanager
    def running(self) -> Iterator[int]:
        """Web server and workers under their parent, whose process id is given."""
        command = (str(TOP / "manage.py"), "run", "--port", str(self.port))
        with _process(command, self.environment, self.home) as process:
            _wait_for(f"http://127.0.0.1:{self.port}/healthz")
            yield process.pid

    @contextmanager
    def web_alone(self, settings: str = "config.settings", path: str = "/healthz") -> Iterator[None]:
        """The web server without workers; with the settings of the bare view, that view."""
        command = (*GUNICORN, "--bind", f"127.0.0.1:{self.port}")
        with _process(command, {**self.environment, "DJANGO_SETTINGS_MODULE": settings}, self.home):
            _wait_for(f"http://127.0.0.1:{self.port}{path}")
            yield


@contextmanager
def installed(place: Place) -> Iterator[Installation]:
    """A fresh installation that knows both vendors; everything of it is gone afterwards."""
    with ExitStack() as until_the_end:
        home = Home()
        until_the_end.callback(home.remove)
        until_the_end.callback(place.drop)
        vendor = Vendor(until_the_end.enter_context(_vendor()))
        port = free_port()
        settings = environment(place.make(home.path), home.path, port)
        installation = Installation(place.label, settings, home.path, port, vendor)
        _set_up(installation)
        yield installation


def _set_up(installation: Installation) -> None:
    installation.manage("migrate", "--verbosity", "0")
    installation.manage("migrate", "--verbosity", "0", "--run-syncdb", "--settings", "benchmarks.bare.settings")
    file = installation.home / "bench.yaml"
    file.write_text(CONFIGURATION.format(vendor=installation.vendor.url, token=TOKEN))
    installation.manage("config", "apply", str(file))


@contextmanager
def _vendor() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.vendor"]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Told to end politely at the end, killed when it does not."""
    with (home / "log.txt").open("ab") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=TOP, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(requests.RequestException):
            requests.get(url, timeout=5)
            return
        time.sleep(0.1)
    raise Trouble(f"{url} did not answer within {START_SECONDS:.0f} s.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
