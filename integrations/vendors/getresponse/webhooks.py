"""What a GetResponse webhook or callback says, in each of the forms it can come in.

GetResponse signs nothing (getresponse.md §4): the token in our URL is the only proof, so `verify` has nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..base import Account, Inbound, Notice, Record
from ..errors import Unreadable
from ..payloads import read_elements, read_form, read_json, read_time, storable
from .fields import custom_values, identify

# What our own looks find, in words like those of the webhooks. A removal is named by GetResponse's reason (§2.4):
# only the first three are a person's stop; the last are a colleague's or a program's doing.
WATCHED_TYPES = {
    "contact_changed": "contact.updated",
    "contact_tagged": "contact.tagged",
    "contact_untagged": "contact.untagged",
    "form_submitted": "form.submitted",
    "contact_removed_unsubscribe": "contact.unsubscribed",
    "contact_removed_complaint": "contact.unsubscribed",
    "contact_removed_blacklisted": "contact.unsubscribed",
    "contact_removed_cleaner": "contact.undeliverable",
    "contact_removed_api": "contact.deleted",
    "contact_removed_user": "contact.deleted",
    "contact_removed_automation": "contact.deleted",
    "contact_removed_support": "contact.deleted",
    "contact_removed": "contact.deleted",  # for a reason that GetResponse invents later
    "webinar_registered": "webinar.registered",
    "webinar_attended": "webinar.attended",
}
# The vendor's word on the left: webhook types, callback actions, and the brief's actions.
EVENT_TYPES = WATCHED_TYPES | {
    "contact_added": "contact.subscribed",
    "subscribe": "contact.subscribed",
    "contact_removed_link": "contact.unsubscribed",
    "unsubscribe": "contact.unsubscribed",
    "contact_opened_message": "email.opened",
    "open": "email.opened",
    "contact_clicked_message_link": "email.clicked",
    "click": "email.clicked",
    "tag_applied": "contact.tagged",
    "contact_moved": "contact.moved",
    "contact_copied": "contact.created",  # a colleague's act: never a subscription
    "contact_removed_bounce": "contact.undeliverable",
    "contact_rejected": "contact.undeliverable",  # refused by GetResponse after it was accepted
    "contact_custom_field_changed": "contact.updated",
    "contact_email_changed": "contact.email_changed",
}
# Known, and left without a type on purpose: a click in an SMS is no click in an e-mail, and the rest name no contact.
IGNORED_TYPES = (
    "contact_clicked_sms_link",
    "contacts_import_finished",
    "custom_reports_file_status_changed",
    "survey",
    "goal",
)

# The flat body that GetResponse's own newsletter guide prints for "contact subscribed" names no type (§4.2).
FLAT_TYPE = "contact_added"

TEXT_FIELDS = ("email", "name", "createdOn", "changedOn", "origin", "phoneNumber")
SHAPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(TEXT_FIELDS, ((str,), "text")),
    "contactId": ((str, int), "text"),
    "campaign": ((dict,), "an object"),
    "tags": ((list,), "a list"),
    "customFieldValues": ((list, dict), "a list"),
    "customFields": ((list, dict), "a list"),
}
ENVELOPE = ("contact", "contacts", "type", "action", "event")
OF_THE_EVENT = ("sourceCampaign", "ip")  # held in the contact by some events, but said about the event

# The callback's names in lower case (ids come in upper case, the rest in lower: §4.1), and where each goes.
CALLBACK_RECORD = {
    "contact_id": ("contactId",),
    "contact_email": ("email",),
    "contact_name": ("name",),
    "campaign_id": ("campaign", "campaignId"),
    "campaign_name": ("campaign", "name"),
}
CALLBACK_CONTEXT = {
    "message_id": ("message", "resourceId"),
    "message_name": ("message", "name"),
    "message_subject": ("message", "subject"),
    "account_id": ("account", "accountId"),
    "account_login": ("account", "login"),
}
NEVER_KEPT = ("secret", "token")  # what people put into a callback URL to protect it


class GetResponseWebhooks:
    """All forms at one URL: JSON webhooks, single or in an array, the brief's JSON, and the classic callback."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        return None

    def parse(self, inbound: Inbound) -> list[Notice]:
        if _is_callback(inbound):
            return [_callback_notice(_callback_parameters(inbound))]
        body = read_json(inbound.body)
        vendor_id = storable(inbound.headers.get("x-webhook-id", "").strip())
        header_type = storable(inbound.headers.get("x-webhook-type", "").strip())
        return [notice_of(element, event_id, header_type) for element, event_id in _elements(body, vendor_id)]


def _is_callback(inbound: Inbound) -> bool:
    if inbound.method.upper() in ("GET", "HEAD") or "x-www-form-urlencoded" in inbound.content_type.lower():
        return True
    return not inbound.body.strip() and any(name.lower() == "action" for name, _ in inbound.query)


# --- JSON ---------------------------------------------------------------------------------------------------------


def _elements(body: Any, vendor_id: str) -> Iterator[tuple[Any, str]]:
    """Each element with its own event id: `<id>` for one object, `<id>:<index>` for those of an array."""
    if isinstance(body, dict):
        yield from _split_contacts(body, vendor_id)
        return
    for index, element in enumerate(read_elements(body)):
        yield from _split_contacts(element, f"{vendor_id}:{index}" if vendor_id else "")


def _split_contacts(element: Any, event_id: str) -> Iterator[tuple[Any, str]]:
    """An event about several contacts is one event for each."""
    contacts = element.get("contacts") if isinstance(element, dict) else None
    if not isinstance(contacts, list) or not contacts or "contact" in element:
        yield element, event_id
        return
    shared = {key: value for key, value in element.items() if key != "contacts"}
    for index, contact in enumerate(contacts):
        own_id = f"{event_id}:{index}" if event_id and len(contacts) > 1 else event_id
        yield {**shared, "contact": contact}, own_id


def notice_of(element: Any, event_id: str, header_type: str = "") -> Notice:
    """What one element says: of a webhook, or of a look of ours, which is read the same way."""
    vendor_type = _vendor_type(element, header_type)
    type_ = EVENT_TYPES.get(vendor_type, "")
    contact = _contact(element)
    problem = _problem(element, contact, vendor_type)
    if problem:
        return Notice(type_, vendor_type, "contact", "", element, event_id, unreadable=problem)
    record = _normal_contact(contact or {})
    email, phone = identify("contact", record)
    return Notice(
        type=type_,
        vendor_type=vendor_type,
        object="contact",
        record_id=record.get("contactId", ""),
        content=element,
        vendor_event_id=event_id,
        occurred_at=_occurred_at(element, record, type_),
        record=record,
        context=_context(element, contact or {}),
        email=email,
        phone=phone,
    )


def _vendor_type(element: Any, header_type: str) -> str:
    if not isinstance(element, dict):
        return header_type
    for key in ("type", "action"):
        if key in element:
            return element[key].strip().lower() if isinstance(element[key], str) else ""
    return header_type or (FLAT_TYPE if _is_flat(element) else "")


def _is_flat(element: Mapping[str, Any]) -> bool:
    return "contact" not in element and ("contactId" in element or "email" in element)


def _contact(element: Any) -> Any:
    if not isinstance(element, dict):
        return None
    if not _is_flat(element):
        return element.get("contact")
    flat = {key: value for key, value in element.items() if key not in (*ENVELOPE, "campaignId", "campaignName")}
    if "campaignId" in element:
        flat.setdefault("campaign", {"campaignId": element["campaignId"], "name": element.get("campaignName")})
    return flat


def _problem(element: Any, contact: Any, vendor_type: str) -> str:
    """Why nobody can read this element, or "". An unknown type may do without a contact: it is kept and ignored."""
    if not isinstance(element, dict):
        return "The element is not an object."
    if not vendor_type:
        return "The element says neither a type nor an action."
    if contact is None:
        return "The contact is missing." if vendor_type in EVENT_TYPES else ""
    if not isinstance(contact, dict):
        return "The contact is not an object."
    return _shape_problem(contact) or _missing_identity(contact)


def _shape_problem(contact: Mapping[str, Any]) -> str:
    for name, (types, words) in SHAPES.items():
        value = contact.get(name)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            return f"contact.{name} is not {words}."
    return ""


def _missing_identity(contact: Mapping[str, Any]) -> str:
    has_identity = contact.get("contactId") or (contact.get("email") or "").strip()
    return "" if has_identity else "The contact has neither an id nor an e-mail address."


def _normal_contact(contact: Mapping[str, Any]) -> Record:
    """The contact in the API's own field names."""
    record = {key: value for key, value in contact.items() if key not in (*OF_THE_EVENT, "customFields")}
    if record.get("contactId") is not None:
        record["contactId"] = str(record["contactId"]).strip()
    if "customFields" in contact or isinstance(contact.get("customFieldValues"), dict):
        record["customFieldValues"] = [_custom_entry(name, value) for name, value in custom_values(contact)]
    if isinstance(contact.get("tags"), list):
        record["tags"] = [{"name": tag} if isinstance(tag, str) else tag for tag in contact["tags"]]
    return record


def _custom_entry(name: str, value: Any) -> Record:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return {"name": name, "value": values}


def _context(element: Any, contact: Mapping[str, Any]) -> Record:
    """What only the event can know: everything around the contact, and what the contact holds about the event."""
    flat = _is_flat(element)
    around = {} if flat else {key: value for key, value in element.items() if key not in ENVELOPE}
    return {**around, **{key: contact[key] for key in OF_THE_EVENT if key in contact}}


def _occurred_at(element: Mapping[str, Any], record: Record, type_: str) -> Any:
    event = element.get("event")
    said = read_time(event.get("occurredAt")) if isinstance(event, dict) else None
    if said is None and type_ == "contact.subscribed":
        return read_time(record.get("createdOn"))
    return said


# --- the classic callback -----------------------------------------------------------------------------------------


def _callback_parameters(inbound: Inbound) -> dict[str, str]:
    """All parameters by lower-case name; the first one that is not empty wins."""
    parameters: dict[str, str] = {}
    for name, value in (*inbound.query, *read_form(inbound.body)):
        key = storable(name.strip().lower())
        if key not in NEVER_KEPT and not parameters.get(key):
            parameters[key] = storable(value.strip())
    return parameters


def _callback_notice(parameters: dict[str, str]) -> Notice:
    action = parameters.get("action", "").lower()
    if not action:
        raise Unreadable("The callback has no action.")
    record = _nested(parameters, CALLBACK_RECORD)
    if not record.get("contactId") and not record.get("email"):
        raise Unreadable("The callback names neither CONTACT_ID nor contact_email.")
    return Notice(
        type=EVENT_TYPES.get(action, ""),
        vendor_type=action,
        object="contact",
        record_id=record.get("contactId", ""),
        content=parameters,
        record=record,
        context=_callback_context(parameters),
        email=record.get("email", ""),
    )


def _callback_context(parameters: Mapping[str, str]) -> Record:
    """Known names in the shape of the JSON webhooks; what a click or survey adds besides is kept by its own name."""
    known = {*CALLBACK_RECORD, *CALLBACK_CONTEXT, "action"}
    return {**{k: v for k, v in parameters.items() if k not in known}, **_nested(parameters, CALLBACK_CONTEXT)}


def _nested(parameters: Mapping[str, str], places: Mapping[str, tuple[str, ...]]) -> Record:
    record: Record = {}
    for name, place in places.items():
        if name in parameters:
            target = record
            for step in place[:-1]:
                target = target.setdefault(step, {})
            target[place[-1]] = parameters[name]
    return record
