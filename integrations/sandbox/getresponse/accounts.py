"""`/accounts`: who we are, the one classic callback, and the blocklist that a careless call replaces."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from ..vendor import Call, empty_response, json_response
from .errors import not_found, refusal
from .listing import has_flag, query_of, require_object

ACTIONS = ("open", "click", "subscribe", "unsubscribe", "survey")


def show_account(call: Call) -> Response:
    return json_response(call.shelf.all("account")[0] | {"href": f"{call.base_url}/accounts"})


def show_callback(call: Call) -> Response:
    """404 while callbacks are off."""
    config = call.shelf.get("callback", "callback")
    if config is None:
        raise not_found()
    return json_response(config)


def set_callback(call: Call) -> Response:
    """One address for the whole account; whatever stood there before is replaced."""
    payload = require_object(call.payload)
    before = call.shelf.get("callback", "callback") or {"actions": {}}
    url = payload.get("url", before.get("url"))
    if not isinstance(url, str) or not url.startswith(("http:", "https:")):
        raise refusal(1005, "URL is required", {"property": "url"})
    wanted = require_object(payload.get("actions", before["actions"]))
    actions = {name: bool(wanted.get(name, False)) for name in ACTIONS}
    config = {"url": url, "actions": actions}
    call.shelf.put("callback", "callback", config)
    return json_response(config)


def remove_callback(call: Call) -> Response:
    call.shelf.remove("callback", "callback")
    return empty_response(204)


def show_blocklist(call: Call) -> Response:
    """Part of the mask is enough, in any case, as in the other searches."""
    wanted = query_of(call, ["query[mask]"]).get("query[mask]", "").casefold()
    return json_response({"masks": [mask for mask in _masks(call) if wanted in mask.casefold()]})


def change_blocklist(call: Call) -> Response:
    """`add` and `delete` say what to do with the masks; without a flag the whole list is replaced."""
    given = require_object(call.payload).get("masks")
    if not isinstance(given, list) or not all(isinstance(mask, str) for mask in given):
        raise refusal(1006, "masks is an array of strings", {"property": "masks"})
    masks = _changed(_masks(call), given, call.request.args)
    call.shelf.put("blocklist", "blocklist", {"masks": masks})
    return json_response({} if has_flag(call.request.args, "noResponse") else {"masks": masks})


def _changed(before: list[str], given: list[str], parameters: Any) -> list[str]:
    if has_flag(parameters, "add"):
        return list(dict.fromkeys([*before, *given]))
    if has_flag(parameters, "delete"):
        return [mask for mask in before if mask not in given]
    return given


def _masks(call: Call) -> list[str]:
    masks: list[str] = (call.shelf.get("blocklist", "blocklist") or {"masks": []})["masks"]
    return masks
