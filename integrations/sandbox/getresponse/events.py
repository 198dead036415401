"""What GetResponse tells the outside: JSON webhooks to every address set in its pages, and the one classic callback."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from ..deliveries import Parcel, Verdict
from ..moments import now
from ..store import Document
from ..vendor import Hand
from .moments import as_webhook

API = "https://api.getresponse.com/v3"
LARGEST_ARRAY = 100
WEBHOOK_TYPES = (
    "contact_added",
    "contact_opened_message",
    "contact_clicked_message_link",
    "contact_clicked_sms_link",
    "contact_copied",
    "contact_moved",
    "contact_removed_link",
    "contact_removed_bounce",
    "contact_rejected",
    "contact_custom_field_changed",
    "contact_email_changed",
    "contacts_import_finished",
    "custom_reports_file_status_changed",
)
# the webhook's type: the classic callback's action
CALLBACK_ACTIONS = {
    "contact_added": "subscribe",
    "contact_removed_link": "unsubscribe",
    "contact_opened_message": "open",
    "contact_clicked_message_link": "click",
}
Happening = tuple[str, Document, Mapping[str, Any]]  # (webhook type, contact as kept, what else the event holds)


def announce(hand: Hand, happenings: Sequence[Happening]) -> None:
    """Tell of these events on both channels. Never of tag changes: no channel has them (fact sheet §4)."""
    send_webhooks(hand, [_event(hand, *happening) for happening in happenings])
    for type, contact, more in happenings:
        _send_callback(hand, type, contact, more)


def send_webhooks(hand: Hand, events: Sequence[Document]) -> None:
    """These bodies as they are, to every webhook that asks for their type; in arrays where batches are switched on."""
    for hook in hand.shelf.all("webhook"):
        wanted = [event for event in events if not hook["events"] or event.get("type") in hook["events"]]
        size = max(1, min(int(hand.switches["webhook_batch"]), LARGEST_ARRAY))
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            _post(hand, hook["url"], part if size > 1 else part[0], str(part[0].get("type", "")))


def delivery_verdict(status: int | None, body: str) -> Verdict:
    """Again on no answer, 429, 5xx, and on a 2xx whose body does not say OK (fact sheet §4.2)."""
    if status is None or status == 429 or status >= 500:
        return "again"
    if status not in (200, 201, 202, 204):
        return "failed"
    return "delivered" if _says_ok(body) else "again"


def callback_verdict(status: int | None, body: str) -> Verdict:
    """The classic callback is sent once; what it does not hear is lost."""
    return "delivered" if status is not None and 200 <= status < 300 else "failed"


def _says_ok(body: str) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("status") == "OK"


def _post(hand: Hand, url: str, body: Any, type: str) -> None:
    headers = {"Content-Type": "application/json", "X-Webhook-Type": type, "X-Webhook-ID": str(uuid.uuid4())}
    hand.outbox.add(
        Parcel(
            vendor="getresponse",
            kind="webhook",
            type=type,
            url=url,
            headers=headers,
            body=json.dumps(body, ensure_ascii=False),
            timeout=hand.switches["webhook_timeout"],
            gaps=[float(gap) for gap in hand.switches["webhook_gaps"]],
            fresh=["X-Request-ID"],
        )
    )


def _event(hand: Hand, type: str, contact: Document, more: Mapping[str, Any]) -> Document:
    account = {"accountId": (hand.shelf.all("account") or [{}])[0].get("accountId", "")}
    in_contact = {name: more[name] for name in ("sourceCampaign", "ip") if name in more}
    beside = {name: value for name, value in more.items() if name not in in_contact}
    body = {
        "type": type,
        "contact": _contact(hand, contact) | in_contact,
        **beside,
        "account": account,
        "event": {"occurredAt": as_webhook(now())},
    }
    return body


def _contact(hand: Hand, contact: Document) -> Document:
    """Without tags and custom fields: read the contact to know them."""
    return {
        "contactId": contact["contactId"],
        "email": contact["email"],
        "name": contact["name"],
        "campaign": campaign_reference(hand, contact["campaignId"]),
        "href": f"{API}/contacts/{contact['contactId']}",
        "origin": contact["origin"],
    }


def campaign_reference(hand: Hand, campaign_id: str) -> Document:
    name = (hand.shelf.get("campaign", campaign_id) or {}).get("name", "")
    return {"campaignId": campaign_id, "name": name, "href": f"{API}/campaigns/{campaign_id}"}


def _send_callback(hand: Hand, type: str, contact: Document, more: Mapping[str, Any]) -> None:
    config = hand.shelf.get("callback", "callback")
    action = CALLBACK_ACTIONS.get(type)
    if config is None or action is None or not config["actions"].get(action):
        return
    account = (hand.shelf.all("account") or [{}])[0]
    names = {
        "action": action,
        "ACCOUNT_ID": account.get("accountId", ""),
        "account_login": account.get("login", ""),
        "CAMPAIGN_ID": contact["campaignId"],
        "campaign_name": campaign_reference(hand, contact["campaignId"])["name"],
        **_message_names(more.get("message")),
        "CONTACT_ID": contact["contactId"],
        "contact_name": contact["name"] or "",
        "contact_email": contact["email"],
    }
    joint = "&" if "?" in config["url"] else "?"
    url = f"{config['url']}{joint}{urlencode(names)}"
    timeout = hand.switches["callback_timeout"]
    hand.outbox.add(Parcel("getresponse", "callback", action, url, method="GET", timeout=timeout))


def _message_names(message: Mapping[str, Any] | None) -> dict[str, str]:
    if message is None:
        return {}
    names = {"message_name": message["name"], "message_subject": message["subject"]}
    return {"MESSAGE_ID": message["resourceId"], **names}
