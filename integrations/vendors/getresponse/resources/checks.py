"""The connection test of a GetResponse account: reads only, and says what to do about each line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...base import Check
from ...errors import CrosswalkError
from ..capabilities import CAPABILITIES
from ..client import Api, frame_limits
from .callbacks import Callbacks
from .contacts import Contacts

NAMES_SHOWN = 5


class Checks:
    def __init__(self, api: Api, url: str) -> None:
        self.api = api
        self.url = url
        self._headers: Mapping[str, str] = {}

    def run(self) -> list[Check]:
        """The account first: when it cannot be read, nothing else can."""
        account = self._look("Account", self._account)
        if not account.ok:
            return [account]
        looks = {
            "Lists": self._lists,
            "Contacts": self._contacts,
            "Custom fields": self._custom_fields,
            "Callback": self._callback,
        }
        return [account, *(self._look(name, look) for name, look in looks.items()), self._limits(), self._events()]

    def _look(self, name: str, look: Callable[[], Check]) -> Check:
        try:
            return look()
        except CrosswalkError as error:
            return Check(name, False, error.message, error.help)

    def _account(self) -> Check:
        answer = self.api.get("accounts")
        self._headers = answer.headers
        facts = answer.json if isinstance(answer.json, dict) else {}
        said = facts.get("companyName") or facts.get("accountId") or "the account"
        return Check("Account", True, f"Connected to {said}.")

    def _lists(self) -> Check:
        lists = [f"{e.get('name')} ({e.get('campaignId')})" for e in self.api.pages("campaigns") if isinstance(e, dict)]
        help_text = "" if lists else "Create a list in GetResponse."
        return Check("Lists", bool(lists), shown(lists, "list"), help_text)

    def _contacts(self) -> Check:
        answer = self.api.get("contacts", [("perPage", "1"), ("page", "1"), ("fields", "email")])
        return Check("Contacts", True, f"Can be read: {answer.headers.get('TotalCount', 'some')} active.")

    def _custom_fields(self) -> Check:
        names = [field.label for field in Contacts(self.api).describe() if field.custom]
        return Check("Custom fields", True, shown(names, "custom field"), required=False)

    def _callback(self) -> Check:
        found = Callbacks(self.api).current(self.url)
        if not found:
            help_text = "Register the callback, or make webhooks in GetResponse that go to this connection's URL."
            return Check("Callback", False, "No callback is registered.", help_text, required=False)
        if not found[0].ours:
            help_text = "Leave it, and make webhooks in GetResponse that go to this connection's URL."
            return Check("Callback", False, "The callback goes to another program.", help_text, required=False)
        return Check("Callback", True, f"Reports {', '.join(found[0].events)}.", required=False)

    def _limits(self) -> Check:
        said = frame_limits(self._headers)
        if not said:
            return Check("Limits", True, "30,000 calls in 10 minutes and 80 in a second by contract.", required=False)
        limit, remaining, reset = said
        detail = f"{remaining} of {limit} calls are left for the next {reset.total_seconds():.0f} seconds."
        return Check("Limits", remaining > 0, detail, required=False)

    def _events(self) -> Check:
        seen = {
            kind: [e.type for e in CAPABILITIES.events if e.seen == kind] for kind in ("pushed", "polled", "invisible")
        }
        detail = "; ".join(f"{kind}: {', '.join(types)}" for kind, types in seen.items() if types)
        return Check("Events", True, f"{detail}.", required=False)


def shown(names: list[str], noun: str) -> str:
    """How many there are, and the first few by name."""
    count = f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
    more = ", …" if len(names) > NAMES_SHOWN else ""
    return f"{count}: {', '.join(names[:NAMES_SHOWN])}{more}." if names else f"No {noun}."
