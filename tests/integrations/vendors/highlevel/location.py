"""The simulated location as a client sees it, and short ways to write to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Outcome, Record, Write
from integrations.vendors.highlevel.resources import HighLevel

from ..services import Bench

DANA = "dana@example.com"
BASE = "https://services.leadconnectorhq.com"


def highlevel_account(**changes: Any) -> Account:
    facts: dict[str, Any] = {
        "name": "highlevel-main",
        "base_url": "",
        "credentials": {"token": "pit-secret-123456"},
        "options": {"location_id": LOCATION},
    }
    return Account(**{**facts, **changes})


class SimulatedLocation:
    def __init__(self, sandbox: RunningSandbox, **options: Any) -> None:
        self.sandbox = sandbox
        self.options = {"location_id": LOCATION, **options}
        self.bench = Bench()

    def client(self, **changes: Any) -> HighLevel:
        """A new one for each batch, as the engine has it."""
        facts = {"base_url": self.sandbox.highlevel_url, "credentials": {"token": TOKEN}, "options": self.options}
        return HighLevel(highlevel_account(**{**facts, **changes}), self.bench.services)

    def write(self, *writes: Write) -> list[Outcome]:
        return self.client().write(writes)

    def write_one(self, write: Write) -> Outcome:
        (outcome,) = self.write(write)
        return outcome

    def make(self, email: str = DANA, **facts: Any) -> str:
        """A contact that somebody made in HighLevel; its id."""
        return str(self.sandbox.act("highlevel", "create", email=email, **facts)["id"])

    def contact(self, id: str) -> Record:
        found = self.sandbox.record("highlevel", "contact", id)
        assert found is not None
        return found

    def contacts(self) -> list[Record]:
        return self.sandbox.records("highlevel", "contact")

    def custom(self, id: str) -> dict[str, Any]:
        names = {f["id"]: f["name"] for f in self.sandbox.records("highlevel", "customField")}
        return {names[entry["id"]]: entry["value"] for entry in self.contact(id)["customFields"]}

    def statuses(self, id: str) -> dict[str, str]:
        return {channel: entry["status"] for channel, entry in self.contact(id)["dndSettings"].items()}

    def calls(self, start: str = "/") -> list[str]:
        """ "METHOD /path" of the calls so far whose path begins so."""
        made = [(c["method"], c["path"].removeprefix("/highlevel")) for c in self.sandbox.calls("highlevel")]
        return [f"{method} {path}" for method, path in made if path.startswith(start)]


def create(id: str = "c1", operation: str = "create", **values: Any) -> Write:
    return Write(id, "contact", operation, {"email": DANA, **values})


def update(record_id: str, id: str = "u1", operation: str = "update", **values: Any) -> Write:
    return Write(id, "contact", operation, values, record_id)


def fields(record_id: str, values: Mapping[str, Any], id: str = "u1") -> Write:
    """An update of fields whose names have a dot in them."""
    return Write(id, "contact", "update", dict(values), record_id)


def about(contact_id: str, object: str, operation: str, record_id: str = "", id: str = "t1", **values: Any) -> Write:
    """A write of a task or note of this contact."""
    return Write(id, object, operation, values, record_id, params={"parent": ["contact", contact_id]})
