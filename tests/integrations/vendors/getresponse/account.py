"""The simulated GetResponse account as a client sees it, and short ways to write to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.sandbox.getresponse.seed import MAIN_LIST
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome, Record, Write
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account

DANA = "dana@example.com"
LIST = "campaign.campaignId"


class SimulatedAccount:
    def __init__(self, sandbox: RunningSandbox, **options: Any) -> None:
        self.sandbox = sandbox
        self.options = options

    def client(self) -> GetResponse:
        """A new one for each batch, as the engine has it."""
        credentials = {"api_key": "sandbox-getresponse-key"}
        url = self.sandbox.getresponse_url
        account = getresponse_account(base_url=url, credentials=credentials, options=self.options)
        return GetResponse(account, Bench().services)

    def write(self, *writes: Write) -> list[Outcome]:
        return self.client().write(writes)

    def write_one(self, write: Write) -> Outcome:
        (outcome,) = self.write(write)
        return outcome

    def subscribe(self, email: str = DANA, **facts: Any) -> str:
        return str(self.sandbox.subscribe(email, **facts)["contactId"])

    def contacts(self, email: str = DANA) -> list[Record]:
        return [c for c in self.sandbox.records("getresponse", "contact") if c["email"] == email]

    def contact(self, email: str = DANA) -> Record:
        (found,) = self.contacts(email)
        return found

    def tags(self, email: str = DANA) -> list[str]:
        names = {tag["tagId"]: tag["name"] for tag in self.sandbox.records("getresponse", "tag")}
        return [names[tag] for tag in self.contact(email)["tags"]]

    def custom(self, email: str = DANA) -> dict[str, list[str]]:
        names = {f["customFieldId"]: f["name"] for f in self.sandbox.records("getresponse", "customField")}
        return {names[entry["customFieldId"]]: entry["value"] for entry in self.contact(email)["customFieldValues"]}

    def calls(self, start: str) -> list[str]:
        """ "METHOD /path" of the calls so far whose path begins so."""
        made = [f"{c['method']} {c['path'].partition('?')[0]}" for c in self.sandbox.calls("getresponse")]
        return [call for call in made if call.partition(" ")[2].removeprefix("/getresponse/v3").startswith(start)]

    @property
    def masks(self) -> list[str]:
        (blocklist,) = self.sandbox.records("getresponse", "blocklist")
        return list(blocklist["masks"])


def create(email: str = DANA, list_id: str = MAIN_LIST, id: str = "c1", **values: Any) -> Write:
    return Write(id, "contact", "create", {"email": email, LIST: list_id, **values})


def again(write: Write, minutes: float, unanswered: bool = False) -> Write:
    """The same write, tried first so many minutes ago with an unknown outcome."""
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    return Write(
        write.id, write.object, write.operation, write.values, write.record_id,
        params=write.params, retry=True, first_attempt_at=since, unanswered=unanswered,
    )  # fmt: skip


def update(record_id: str, operation: str = "update", id: str = "u1", **values: Any) -> Write:
    return Write(id, "contact", operation, values, record_id)
