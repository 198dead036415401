"""What HighLevel's webhooks say: those of an app, which are signed, and those of a workflow, which are not.

An app's have a type, a location and an id of their own, and come from any location that installed the app. A
workflow's hold the contact, in words of their own, and whatever the customer adds (highlevel.md §3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..base import Account, Inbound, Notice, Record
from ..errors import Forged, Unreadable
from ..key_signatures import ED25519, RSA, PublicKey, is_signed, read_keys
from ..payloads import read_elements, read_form, read_json, read_time, storable
from .fields import ALL, CHANNELS, suppressed

SIGNATURE, OLD_SIGNATURE = "x-ghl-signature", "x-wh-signature"
UNSIGNED = "N/A"  # how HighLevel writes that there is no signature (highlevel.md §3.4)
KEY, OLD_SIGNATURES, APP, LOCATION, WORKFLOWS = (
    "webhook_public_key",
    "legacy_signatures",
    "app_id",
    "location_id",
    "workflow_webhooks",
)  # the connection's options that are read here
ACCEPT, REFUSE = "accept", "refuse"

# Both as HighLevel publishes them (highlevel.md §3.4). One pair for the whole platform: every app, every location.
HIGHLEVELS_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----"""
HIGHLEVELS_OLD_KEY = """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----"""
PUBLISHED = {ED25519: HIGHLEVELS_KEY, RSA: HIGHLEVELS_OLD_KEY}

# An app's word on the left: our event, and what it is about.
APP_EVENTS: Mapping[str, tuple[str, str]] = {
    "ContactCreate": ("contact.created", "contact"),
    "ContactUpdate": ("contact.updated", "contact"),
    "ContactDelete": ("contact.deleted", "contact"),
    "ContactTagUpdate": ("contact.updated", "contact"),  # holds all tags, and not which one came or went
    "ContactDndUpdate": ("contact.updated", "contact"),  # opt_out.changed where it holds a stop
    "TaskCreate": ("task.created", "task"),
    "TaskComplete": ("task.completed", "task"),
    "TaskDelete": ("task.deleted", "task"),
    "NoteCreate": ("note.created", "note"),
    "NoteUpdate": ("note.updated", "note"),
    "NoteDelete": ("note.deleted", "note"),
    "AppointmentCreate": ("appointment.created", "appointment"),
    "AppointmentUpdate": ("appointment.updated", "appointment"),
    "AppointmentDelete": ("appointment.cancelled", "appointment"),
    "InboundMessage": ("message.received", "message"),
    "OutboundMessage": ("message.sent", "message"),
}
# Known, and left without a type on purpose: they tell nothing of a contact that a rule could act on.
IGNORED_TYPES = (
    "INSTALL",
    "UNINSTALL",
    "PLAN_CHANGE",
    "CampaignStatusUpdate",
    "ConversationUnreadUpdate",
    "LCEmailStats",  # only "delivered" is documented
    "LocationCreate",
    "LocationUpdate",
    "UserCreate",
    "RecordCreate",
    "RecordUpdate",
    "RecordDelete",
    "RelationCreate",
    "RelationDelete",
)
DND, OPT_OUT = "ContactDndUpdate", "opt_out.changed"
# What a workflow can say that its call means, by the custom value `event`.
WORKFLOW_EVENTS = (
    *(f"contact.{word}" for word in ("created", "updated", "subscribed", "unsubscribed", "tagged", "untagged")),
    *("contact.undeliverable", OPT_OUT, "email.opened", "email.clicked", "form.submitted"),
)
UNSAID = "contact.updated"

ENVELOPE = ("type", "timestamp", "webhookId", "appId", "versionId")
OWN_IDS = {"message": ("messageId", "emailMessageId")}  # all others: id
CANCELLED = ("cancelled", "canceled")
SHAPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("email", "phone", "firstName", "lastName", "name", "dateAdded"), ((str,), "text")),
    **dict.fromkeys(("id", "contactId", "messageId", "emailMessageId"), ((str, int), "text")),
    "tags": ((list,), "a list"),
    "customFields": ((list, dict), "a list"),
    "dndSettings": ((dict,), "an object"),
}

# A workflow's word on the left: that of the API.
WORKFLOW_FIELDS = {
    "first_name": "firstName",
    "last_name": "lastName",
    "full_name": "name",
    "email": "email",
    "phone": "phone",
    "address1": "address1",
    "city": "city",
    "state": "state",
    "country": "country",
    "postal_code": "postalCode",
    "company_name": "companyName",
    "website": "website",
    "timezone": "timezone",
    "date_of_birth": "dateOfBirth",
    "contact_source": "source",
    "contact_type": "type",
    "date_created": "dateAdded",
}


class HighLevelWebhooks:
    """Both kinds at one URL. Only an app's can be proven: for a workflow's, the token in the URL is the proof."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        elements = _peek(inbound)
        if SIGNATURE in inbound.headers or OLD_SIGNATURE in inbound.headers or any(map(is_an_apps, elements)):
            _check_signature(inbound, account.options)
            _check_app(elements, account.options)
        elif not takes_workflows(account):
            raise Forged("The call is not signed, and this connection takes no calls of workflows.")

    def parse(self, inbound: Inbound) -> list[Notice]:
        return [notice for element in _elements(inbound) for notice in _notices(element, inbound.options)]


def is_an_apps(element: Any) -> bool:
    """Whether it has what only an app's webhook has; it must be signed then."""
    if not isinstance(element, dict):
        return False
    has_envelope = (
        bool(element.keys() & {"webhookId", "appId", "versionId"}) or {"type", "locationId"} <= element.keys()
    )
    return has_envelope or element.get("type") in (*APP_EVENTS, *IGNORED_TYPES)


def takes_workflows(account: Account) -> bool:
    """Who connects as an app has webhooks that can be proven; unsigned ones are taken when the options say so."""
    said = str(account.options.get(WORKFLOWS) or "")
    is_app = bool(account.options.get(APP) or account.credentials.get("client_id"))
    return said == ACCEPT or (said != REFUSE and not is_app)


def key_problem(options: Mapping[str, Any]) -> str:
    """What is wrong with the public key that was entered, or ""."""
    try:
        read_keys(str(options.get(KEY) or HIGHLEVELS_KEY))
    except ValueError:
        return "The webhook public key is not a PEM that can be read."
    return ""


def stopped_channels(record: Record) -> list[str]:
    """What the contact must not be reached by; "all" is the global switch, independent of the channels (§2.6)."""
    return [channel for channel in (ALL, *CHANNELS) if suppressed(record, channel)[1]]


# --- is it authentic ----------------------------------------------------------------------------------------------


def _peek(inbound: Inbound) -> list[Any]:
    """The elements, as far as anybody can read them."""
    try:
        return _elements(inbound)
    except Unreadable:
        return []


def _check_signature(inbound: Inbound, options: Mapping[str, Any]) -> None:
    """By the newer scheme where it is used at all; by the older one only where the options say so."""
    signature = inbound.headers.get(SIGNATURE, "").strip()
    scheme: type[PublicKey] = ED25519
    if signature in ("", UNSIGNED) and options.get(OLD_SIGNATURES) == ACCEPT:
        signature = inbound.headers.get(OLD_SIGNATURE, "").strip()
        scheme = RSA
    if signature in ("", UNSIGNED):
        raise Forged("The call is not signed.")
    if not is_signed(inbound.body, signature, _keys(options, scheme)):
        raise Forged("The signature is wrong.")


def _keys(options: Mapping[str, Any], scheme: type[PublicKey]) -> list[PublicKey]:
    """Those of the options that fit the scheme; HighLevel's own where there is none."""
    try:
        entered = read_keys(str(options[KEY])) if options.get(KEY) else ()
    except ValueError as error:
        raise Forged("The webhook public key of the connection cannot be read.") from error
    fitting = [key for key in entered if isinstance(key, scheme)]
    return fitting or list(read_keys(PUBLISHED[scheme]))


def _check_app(elements: Sequence[Any], options: Mapping[str, Any]) -> None:
    """HighLevel signs for every app with the same key, so that the signature says nothing of whose event it is."""
    ours = str(options.get(APP) or "").strip()
    if ours and any(element.get("appId") != ours for element in elements if isinstance(element, dict)):
        raise Forged("The call is meant for another app.")


# --- what does it say ---------------------------------------------------------------------------------------------


def _elements(inbound: Inbound) -> list[Any]:
    body = inbound.body.strip()
    is_form = "x-www-form-urlencoded" in inbound.content_type.lower() and body[:1] not in (b"{", b"[")
    if body and not is_form:
        return read_elements(read_json(body))
    fields = read_form(body) if body else inbound.query
    if not fields:
        raise Unreadable("The call is empty.")
    return [storable(dict(fields))]


def _notices(element: Any, options: Mapping[str, Any]) -> list[Notice]:
    """One; two for a contact that is made with a stop, which must be heard before anything else."""
    if not isinstance(element, dict):
        return [_unreadable(element, "The element is not an object.")]
    if not is_an_apps(element):
        return [_of_workflow(element, options)]
    notice = _of_app(element)
    if notice.type == "contact.created" and stopped_channels(notice.record):
        stop = _of_app({**element, "type": DND}, ":dnd")
        return [replace(stop, occurred_at=notice.occurred_at), notice]  # what is younger or equal waits for it
    return [notice]


def _of_app(element: Record, suffix: str = "") -> Notice:
    flat = _flat(element)
    word, event_id = _text(flat.get("type")), _text(flat.get("webhookId"))
    event_id = event_id and event_id + suffix
    type_, object = APP_EVENTS.get(word, ("", ""))
    record = _record(flat, object)
    if problem := _problem(word, object, record):
        return _unreadable(element, problem, event_id, word)
    type_ = _precise_type(word, type_, record)
    return Notice(
        type=type_,
        vendor_type=word,
        object=object,
        record_id=_own_id(object, record),
        content=element,
        vendor_event_id=event_id,
        occurred_at=_occurred_at(type_, flat, record),
        record=record,
        context=_context(object, type_, record),
        email=_text(record.get("email")) if object == "contact" else "",
        phone=_text(record.get("phone")) if object == "contact" else "",
        account=_text(flat.get("locationId")),
    )


def _flat(element: Record) -> Record:
    """The guide shows the facts under `data`; real webhooks are flat (highlevel.md §3.2)."""
    data = element.get("data")
    return {**data, **{k: v for k, v in element.items() if k != "data"}} if isinstance(data, dict) else element


def _record(flat: Record, object: str) -> Record:
    """In the field names of the API. What an event cannot say otherwise, its type says."""
    inner = flat.get("appointment") if object == "appointment" else None
    held = inner if isinstance(inner, dict) else flat
    record = {name: value for name, value in held.items() if name not in ENVELOPE}
    return {**record, "completed": True} if flat.get("type") == "TaskComplete" else record


def _precise_type(word: str, type_: str, record: Record) -> str:
    if word == DND and stopped_channels(record):
        return OPT_OUT
    if type_ == "appointment.updated" and _text(record.get("appointmentStatus")).lower() in CANCELLED:
        return "appointment.cancelled"
    return type_


def _problem(word: str, object: str, record: Record) -> str:
    """Why nobody can read it, or "". A type that we do not know may hold anything: it is kept and ignored."""
    if not word:
        return "The webhook says no type."
    if not object:
        return ""
    for name, (types, words) in SHAPES.items():
        value = record.get(name)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            return f"{name} is not {words}."
    named = _own_id(object, record) or (object == "message" and _text(record.get("contactId")))
    return "" if named else f"The webhook does not say which {object} it is about."


def _own_id(object: str, record: Record) -> str:
    return next((id for name in OWN_IDS.get(object, ("id",)) if (id := _text(record.get(name)))), "")


def _occurred_at(type_: str, flat: Record, record: Record) -> Any:
    """When it was made, of what is new; else when it was sent, for nothing else says when it was changed."""
    is_new = type_.endswith((".created", ".received", ".sent"))
    made_at = read_time(record.get("dateAdded")) if is_new else None
    return made_at or read_time(flat.get("timestamp"))


def _context(object: str, type_: str, record: Record) -> Record:
    """`parent` is the contact that a task or the like is about, `stopped` what an opt-out is about."""
    if object == "contact":
        return {"stopped": stopped_channels(record)} if type_ == OPT_OUT else {}
    contact_id = _text(record.get("contactId"))
    return {"parent": {"object": "contact", "record_id": contact_id}} if contact_id else {}


# --- workflows ----------------------------------------------------------------------------------------------------


def _of_workflow(element: Record, options: Mapping[str, Any]) -> Notice:
    """Has no id and no time: the same content within ten minutes is the same event, and the contact is read again."""
    custom = element.get("customData")
    added: Record = custom if isinstance(custom, dict) else {}
    word = _text(added.get("event")) or _text(element.get("event")) or UNSAID
    record = _workflow_record(element)
    if problem := _workflow_problem(element, record, options):
        return _unreadable(element, problem, word=f"workflow: {word}")
    context = {name: value for name, value in element.items() if name not in (*WORKFLOW_FIELDS, "tags", "event")}
    tag = _text(added.get("tag")) or _text(element.get("tag"))
    return Notice(
        type=word if word in WORKFLOW_EVENTS else "",
        vendor_type=f"workflow: {word}",
        object="contact",
        record_id=_text(record.get("id")),
        content=element,
        record=record,
        context=context | ({"tag": {"name": tag}} if tag else {}),
        email=_text(record.get("email")),
        phone=_text(record.get("phone")),
    )


def _workflow_record(element: Record) -> Record:
    """What is blank there may only not have been filled in: it is left out, and read where a rule needs it."""
    record: Record = {ours: text for theirs, ours in WORKFLOW_FIELDS.items() if (text := _text(element.get(theirs)))}
    if tags := element.get("tags"):
        names = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
        record["tags"] = [name for tag in names if (name := _text(tag))]
    if id := _text(element.get("contact_id")) or _text(element.get("contactId")):
        record["id"] = id
    return record


def _workflow_problem(element: Record, record: Record, options: Mapping[str, Any]) -> str:
    location = element.get("location")
    theirs = _text(location.get("id")) if isinstance(location, dict) else ""
    ours = str(options.get(LOCATION) or "").strip()
    if theirs and ours and theirs != ours:
        return "The workflow belongs to another location than this connection."
    if not record.keys() & {"id", "email", "phone"}:
        return "The call does not say which contact it is about: add contact_id to the workflow's webhook."
    return ""


def _text(value: Any) -> str:
    """A text or number as text; anything else is none."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _unreadable(element: Any, problem: str, event_id: str = "", word: str = "") -> Notice:
    return Notice("", word, "contact", "", element, event_id, unreadable=problem)
