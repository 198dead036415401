"""The one callback of a GetResponse account: where it goes and what it reports."""

from __future__ import annotations

from typing import Any

from ...base import Callback
from ...errors import Conflict, NotFound
from ...http import Call
from ..client import Api
from ..webhooks import EVENT_TYPES

PATH = "accounts/callbacks"
CALLBACK_ID = "account"  # there is one for the whole account, and it has no id (getresponse.md §4.1)
ACTIONS = {"subscribe": True, "unsubscribe": True, "open": True, "click": True, "survey": False}
OWN_PATH = "callback_path"  # the option for a gateway that has callbacks for each list, and of tags (§4.3)
GATEWAY_ACTIONS = {"subscribe": True, "unsubscribe": True, "open": True, "click": True, "tag_applied": True}


class Callbacks:
    def __init__(self, api: Api) -> None:
        self.api = api
        self.own_path = str(api.account.options.get(OWN_PATH) or "").strip("/")
        self.path = self.own_path or PATH

    def current(self, url: str) -> list[Callback]:
        """The callback, or nothing when callbacks are off (GetResponse answers 404 then)."""
        try:
            body = self.api.get(self.path).json
        except NotFound:
            return []
        found = body if isinstance(body, list) else [body]
        return [_callback(each, url) for each in found if isinstance(each, dict) and each.get("url")]

    def register(self, url: str, force: bool) -> Callback:
        """Point the callback at us. Raises Conflict when it goes elsewhere: that program would fall silent."""
        if not force and not self.own_path and any(not callback.ours for callback in self.current(url)):
            raise Conflict(
                "The account's only callback goes to another address.",
                help="Ask who uses it. Take it over only when nobody does, or make webhooks in GetResponse instead.",
            )
        body = {"url": url, **self._wanted()}
        self.api.send(Call("POST", self.path, body=body))
        return _callback(body, url)

    def remove(self) -> None:
        try:
            self.api.send(Call("DELETE", self.path))
        except NotFound:
            return

    def _wanted(self) -> dict[str, Any]:
        """What is to be reported; at a gateway for every list by name, since there it is not for the whole account."""
        if not self.own_path:
            return {"actions": ACTIONS}
        lists = [{"campaignId": each["campaignId"]} for each in self.api.pages("campaigns") if each.get("campaignId")]
        return {"actions": GATEWAY_ACTIONS, "campaigns": lists}


def _callback(body: dict[str, Any], url: str) -> Callback:
    actions = body.get("actions")
    on = [name for name, active in actions.items() if active] if isinstance(actions, dict) else []
    events = tuple(EVENT_TYPES.get(name, name) for name in on)
    address = str(body.get("url"))
    return Callback(CALLBACK_ID, address, events, ours=address.rstrip("/") == url.rstrip("/"))
