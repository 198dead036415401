"""What people do at Responder Live: sign up, leave, ask for no more SMS; what the owner does; webhooks made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..deliveries import Parcel
from ..store import Document
from ..vendor import Hand, NoSuchThing
from .events import CHANGED, KIND, send, tell
from .people import ACCOUNT, BLOCKED, BOUNCED, SUBSCRIBER, by_address, keep, new_subscriber
from .rules import changed, tag_id
from .seed import CUSTOMERS
from .subscribers import join

Params = Mapping[str, Any]


def sign_up(hand: Hand, params: Params) -> Document:
    """By a form: who had left is active again (fact sheet §3c)."""
    return _add(hand, params, active=True)


def import_person(hand: Hand, params: Params) -> Document:
    """Uploaded or typed in by a colleague: who had left stays so."""
    return _add(hand, params, active=False)


def unsubscribe(hand: Hand, params: Params) -> Document:
    """By the link in a mailing: no e-mail and no SMS any more."""
    return _set(hand, params, state=ACCOUNT)


def stop_sms(hand: Hand, params: Params) -> Document:
    """By the link in an SMS, or the answer הסר: e-mail goes on."""
    return _set(hand, params, sms="stopped")


def bounce(hand: Hand, params: Params) -> Document:
    return _set(hand, params, state=BOUNCED)


def block(hand: Hand, params: Params) -> Document:
    """On the account's block list: never again, whatever way the person comes."""
    person = _set(hand, params, state=BLOCKED)
    hand.shelf.put("block", person["email"].casefold(), {"email": person["email"]})
    return person


def change(hand: Hand, params: Params) -> Document:
    """Any of first, last, email, phone, name and personal fields by their ids; `to` says the new values."""
    return _set(hand, params, **_values(hand, _person(hand, params), params["to"]))


def tag(hand: Hand, params: Params) -> Document:
    """No event: Responder tells nobody of tags."""
    person = _person(hand, params)
    return keep(hand.shelf, {**person, "tags": [*person["tags"], tag_id(hand.shelf, params["tag"])]})


def delete(hand: Hand, params: Params) -> None:
    hand.shelf.remove(SUBSCRIBER, str(_person(hand, params)["id"]))


def add_webhook(hand: Hand, params: Params) -> Document:
    """As in the app's own pages, with keys of one's own: `merges` is {field: key}."""
    id = 700 + hand.shelf.store.next_number("responder.webhook")
    hook = {"id": id, "list_id": params.get("list_id", CUSTOMERS), "url": params["url"], "active": True}
    hook |= {"name": params.get("name", ""), "events": list(params.get("events", (1, 2, 5)))}
    hook |= {"webhooks_send_type_id": params.get("send_type", 2), "merges": dict(params["merges"])}
    hand.shelf.put("webhook", str(id), hook)
    return hook


def try_webhook(hand: Hand, params: Params) -> None:
    """The button that sends whatever was typed in."""
    hook = hand.shelf.get("webhook", str(params["id"]))
    if hook is None:
        raise NoSuchThing(f"There is no webhook {params['id']!r}.")
    send(hand, hook, params.get("body", {"test": "טסט"}), "test")


def message(hand: Hand, params: Params) -> None:
    """Another tool passes a message on to Crosswalk: `body` is its documented JSON, `url` the connection's."""
    body = json.dumps(params["body"], ensure_ascii=False)
    headers = {"Content-Type": "application/json"}
    gaps = [float(gap) for gap in hand.switches["webhook_gaps"]]
    hand.outbox.add(Parcel("responder", KIND, "message", params["url"], headers=headers, body=body, gaps=gaps))


def _add(hand: Hand, params: Params, active: bool) -> Document:
    lists = [str(id) for id in params.get("lists", (CUSTOMERS,))]
    there = by_address(hand.shelf, params.get("email", ""), params.get("phone", ""))
    before = there or new_subscriber(hand.shelf)
    after = {**before, **_values(hand, before, params)}
    after |= {name: params[name] for name in ("created", "state", "sms") if name in params}
    joined = join(hand, after, lists, active)
    if there is not None and after != before:
        tell(hand, CHANGED, joined, list(before["lists"]))
    return joined


def _values(hand: Hand, person: Document, given: Params) -> Document:
    known = ("first", "last", "name", "email", "phone", "personal_fields", "tags_names")
    return changed(hand.shelf, person, {name: given[name] for name in known if name in given})


def _set(hand: Hand, params: Params, **changes: Any) -> Document:
    person = _person(hand, params)
    after = keep(hand.shelf, {**person, **changes})
    if after != person:
        tell(hand, CHANGED, after, list(after["lists"]))
    return after


def _person(hand: Hand, params: Params) -> Document:
    """By `id` or by `email`."""
    found = [hand.shelf.get(SUBSCRIBER, str(params["id"]))] if "id" in params else None
    found = found or list(hand.shelf.find(SUBSCRIBER, "email", params["email"]))
    if not found or found[0] is None:
        raise NoSuchThing(f"There is no subscriber {params.get('id') or params.get('email')!r}.")
    return found[0]


ACTS = {
    "sign_up": sign_up,
    "import": import_person,
    "unsubscribe": unsubscribe,
    "stop_sms": stop_sms,
    "bounce": bounce,
    "block": block,
    "change": change,
    "tag": tag,
    "delete": delete,
    "add_webhook": add_webhook,
    "try_webhook": try_webhook,
    "message": message,
}
