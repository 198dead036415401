"""The simulated Responder Live account as a client sees it, and short ways to write to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.sandbox.responder.options import CLIENT_ID, CLIENT_SECRET, USER_TOKEN
from integrations.sandbox.responder.seed import CUSTOMERS
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Outcome, Record, Services, Write
from integrations.vendors.responder.resources import Responder

from ..services import Bench

DANA = "dana@example.com"
KEYS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "user_token": USER_TOKEN}


def responder_account(base_url: str, **changes: Any) -> Account:
    facts: dict[str, Any] = {"name": "responder-main", "base_url": base_url, "credentials": KEYS}
    return Account(**{**facts, **changes})


class SimulatedAccount:
    def __init__(self, sandbox: RunningSandbox, **options: Any) -> None:
        self.sandbox = sandbox
        self.options = options
        self.bench = Bench()

    def client(self, services: Services | None = None) -> Responder:
        """A new one for each batch, as the engine has it; the token lives on."""
        account = responder_account(self.sandbox.responder_url, options=self.options)
        return Responder(account, services or self.bench.services)

    def write(self, *writes: Write) -> list[Outcome]:
        return self.client().write(writes)

    def write_one(self, write: Write) -> Outcome:
        (outcome,) = self.write(write)
        return outcome

    def act(self, name: str, /, **params: Any) -> Record:
        done: Record = self.sandbox.act("responder", name, **params)
        return done

    def sign_up(self, email: str = DANA, **facts: Any) -> str:
        return str(self.act("sign_up", email=email, **facts)["id"])

    def people(self) -> list[Record]:
        return self.sandbox.records("responder", "subscriber")

    def person(self, email: str = DANA) -> Record:
        (found,) = [person for person in self.people() if person["email"] == email]
        return found

    def tags(self, email: str = DANA) -> list[str]:
        names = {tag["id"]: tag["name"] for tag in self.sandbox.records("responder", "tag")}
        return [names[id] for id in self.person(email)["tags"]]

    def calls(self, start: str = "/") -> list[str]:
        """ "METHOD /path" of the calls so far whose path begins so, but for those for a token."""
        made = [(c["method"], c["path"].removeprefix("/responder/v2")) for c in self.sandbox.calls("responder")]
        return [f"{method} {path}" for method, path in made if path.startswith(start) and path != "/oauth/token"]


def create(email: str = DANA, operation: str = "upsert", id: str = "c1", **values: Any) -> Write:
    return Write(id, "subscriber", operation, {"email": email, "list_ids": [CUSTOMERS], **values})


def update(record_id: str, operation: str = "update", id: str = "u1", **values: Any) -> Write:
    return Write(id, "subscriber", operation, values, record_id)


def again(write: Write, minutes: float = 1) -> Write:
    """The same write, tried first so many minutes ago with an unknown outcome."""
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    return replace(write, retry=True, first_attempt_at=since, unanswered=True)
