"""The one callback of a GetResponse account: where it goes and what it reports."""

from __future__ import annotations

from ...base import Callback
from ...errors import Conflict, NotFound
from ...http import Call
from ..client import Api
from ..webhooks import EVENT_TYPES

PATH = "accounts/callbacks"
CALLBACK_ID = "account"  # there is one for the whole account, and it has no id (getresponse.md §4.1)
ACTIONS = {"subscribe": True, "unsubscribe": True, "open": True, "click": True, "survey": False}


class Callbacks:
    def __init__(self, api: Api) -> None:
        self.api = api

    def current(self, url: str) -> list[Callback]:
        """The callback, or nothing when callbacks are off (GetResponse answers 404 then)."""
        try:
            body = self.api.get(PATH).json
        except NotFound:
            return []
        return [_callback(body, url)] if isinstance(body, dict) and body.get("url") else []

    def register(self, url: str, force: bool) -> Callback:
        """Point the callback at us. Raises Conflict when it goes elsewhere: that program would fall silent."""
        if not force and any(not callback.ours for callback in self.current(url)):
            raise Conflict(
                "The account's only callback goes to another address.",
                help="Ask who uses it. Take it over only when nobody does, or make webhooks in GetResponse instead.",
            )
        self.api.send(Call("POST", PATH, body={"url": url, "actions": ACTIONS}))
        return _callback({"url": url, "actions": ACTIONS}, url)

    def remove(self) -> None:
        try:
            self.api.send(Call("DELETE", PATH))
        except NotFound:
            return


def _callback(body: dict[str, object], url: str) -> Callback:
    actions = body.get("actions")
    on = [name for name, active in actions.items() if active] if isinstance(actions, dict) else []
    events = tuple(EVENT_TYPES.get(name, name) for name in on)
    address = str(body.get("url"))
    return Callback(CALLBACK_ID, address, events, ours=address.rstrip("/") == url.rstrip("/"))
