"""`python -m benchmarks.backfill --contacts 100000`: a backfill against the sandbox, its calls against its plan."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import report
from .installation import free_port
from .places import TOP, Home, Place, Postgres, Sqlite, environment

RULE = "new-subscriber"
CLOSE = 5  # per cent that calls may differ from the plan
STEADY = 1.25  # times the memory of a tenth of the way
VENDORS = {"getresponse-main": "getresponse", "salesforce-main": "salesforce"}
CONFIGURATION = """
version: 1
connections:
  getresponse-main:
    vendor: getresponse
    base_url: {url}/getresponse/v3
    credentials: {{api_key: sandbox-getresponse-key}}
    limits: [{{calls: 10000000, per: 1d}}]
  salesforce-main:
    vendor: salesforce
    base_url: {url}/salesforce
    credentials: {{flow: client_credentials, client_id: sandbox-client-id, client_secret: sandbox-client-secret}}
mappings:
  subscriber-to-lead:
    source: {{connection: getresponse-main, object: contact}}
    target: {{connection: salesforce-main, object: Lead}}
    key: {{field: GetResponse_Contact_ID__c, from: contactId}}
    match: [email]
    fields:
      - {{from: name, via: [first_name], to: FirstName}}
      - {{from: name, via: [last_name], to: LastName, fallback: Unknown}}
      - {{from: email, to: Email}}
      - {{from: {company}, via: [company_or_domain], to: Company}}
rules:
  new-subscriber:
    when: {{connection: getresponse-main, event: contact.subscribed}}
    do: [{{upsert: {{mapping: subscriber-to-lead}}}}]
"""
DETAIL, LISTED = "[customFields.company, email]", "email"  # a custom field makes each contact a call of its own
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


@dataclass
class Memory:
    """What the working process holds, by time."""

    samples: list[float] = field(default_factory=list)  # megabytes

    def look(self, pid: int) -> None:
        try:
            found = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text())
        except OSError:
            return
        if found:
            self.samples.append(int(found[1]) * 1024 / 1e6)

    def around(self, share: float) -> float:
        """The most of a tenth of the time around this point."""
        middle, width = int(share * len(self.samples)), max(1, len(self.samples) // 20)
        return max(self.samples[max(0, middle - width) : middle + width], default=0.0)


class Sandbox:
    """The sandbox's process, asked for what it holds."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def tell(self) -> dict[str, Any]:
        """What it holds, and the calls per vendor since it was asked last."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._line())
        return told

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def sandbox_with(contacts: int) -> Iterator[Sandbox]:
    command = [sys.executable, "-m", "benchmarks.contacts", str(contacts)]
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Sandbox(process)
        finally:
            process.kill()


@dataclass
class Worker:
    """The commands of one installation."""

    settings: Mapping[str, str]
    memory: Memory = field(default_factory=Memory)

    def say(self, *arguments: str) -> str:
        command = [sys.executable, str(TOP / "manage.py"), *arguments]
        done = subprocess.run(command, env=dict(self.settings), cwd=TOP, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def run(self, *arguments: str) -> int:
        """As it goes, its memory is looked at; what it says is shown."""
        command = [sys.executable, str(TOP / "manage.py"), "backfill", "run", RULE, *arguments]
        with subprocess.Popen(command, env=dict(self.settings), cwd=TOP) as process:
            while process.poll() is None:
                self.memory.look(process.pid)
                time.sleep(0.5)
            return process.returncode


def measure(place: Place, contacts: int, company: str) -> bool:
    """Whether all arrived, once, with the calls that were planned and in constant memory."""
    with ExitStack() as until_the_end:
        home = Home()
        until_the_end.callback(home.remove)
        until_the_end.callback(place.drop)
        sandbox = until_the_end.enter_context(sandbox_with(contacts))
        worker = Worker(environment(place.make(home.path), home.path, free_port()))
        file = home.path / "backfill.yaml"
        file.write_text(CONFIGURATION.format(url=sandbox.url, company=company))
        worker.say("migrate", "--verbosity", "0")
        worker.say("config", "apply", str(file))
        plan = json.loads(worker.say("backfill", "plan", RULE, "--format", "json"))
        sandbox.tell()
        began = time.monotonic()
        stops = _run_through(worker)
        return _report(plan, sandbox.tell(), worker.memory, time.monotonic() - began, stops, contacts)


def _run_through(worker: Worker) -> int:
    """To the end, past the brake as a person would let it. How often it stopped there."""
    stops = 0
    code = worker.run()
    while code == 1 and stops < 3:
        stops += 1
        code = worker.run("--resume")
    return stops


def _report(
    plan: dict[str, Any], told: dict[str, Any], memory: Memory, seconds: float, stops: int, contacts: int
) -> bool:
    planned = {VENDORS[line["connection"]]: line["total"] for line in plan["calls"]}
    off = {name: 100 * (told["calls"].get(name, 0) / calls - 1) for name, calls in planned.items()}
    for name, calls in planned.items():
        print(f"{name}: {told['calls'].get(name, 0):,} calls, {calls:,} planned ({off[name]:+.2f} %)")
    early, late, most = memory.around(0.1), memory.around(1.0), max(memory.samples)
    print(f"{told['leads']:,} leads of {told['distinct']:,} contacts; {contacts:,} were there; brake: {stops} stop(s)")
    print(f"{seconds:,.0f} s, {contacts / seconds:,.0f} a second")
    print(f"memory of the worker: {early:.0f} MB early, {late:.0f} MB late, {most:.0f} MB at the most")
    is_right = told["leads"] == told["distinct"] == contacts
    return is_right and max(map(abs, off.values())) <= CLOSE and late <= early * STEADY


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--listed", action="store_true", help="a mapping that needs no more than the listing has")
    options = parser.parse_args(arguments)
    place: Place = Postgres(redis_url="", database="crosswalk_backfill") if options.store == "postgres" else Sqlite()
    print(f"{report.machine()}; {report.moment()}; {report.load()}; {place.label}", flush=True)
    return 0 if measure(place, options.contacts, LISTED if options.listed else DETAIL) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
