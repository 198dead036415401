"""What a person enters so that the calls of another tool are understood, and, where it can sign, proven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Credential
from .capabilities import EVENTS

CREDENTIALS = (
    Credential(
        "signing_secret",
        "Signing secret",
        help="Only when the tool signs by the Standard Webhooks scheme: its secret, whsec_… Calls without a right "
        "signature are refused then. Several secrets, separated by blanks, while one takes the other's place. "
        "Empty: the webhook URL is the proof, so keep it to yourself.",
        required=False,
    ),
)


def _option(name: str, label: str, help: str, choices: tuple[str, ...] = ()) -> Credential:
    return Credential(name, label, help, secret=False, required=False, choices=choices)


OPTIONS = (
    _option("event", "What a call means", "The event that every call is. Empty: contact.updated.", tuple(EVENTS)),
    _option(
        "event_field",
        "Field that says what happened",
        "Only when one URL gets calls of several sorts: where a call says which, for example action or data.type.",
    ),
    _option(
        "events",
        "What its values mean",
        "The tool's word and our event, separated by commas: new = contact.created, stop = contact.unsubscribed. "
        "Values that are not listed are kept and ignored.",
    ),
    _option(
        "id_field",
        "Field with the record's id",
        "What stays the same for one record, for example data.id. Empty: the first there is of id, contactId, "
        "recordId, leadId, subscriberId, userId, uuid; else the e-mail address.",
    ),
    _option("email_field", "Field with the e-mail address", "Empty: the first field that is called so."),
    _option("phone_field", "Field with the phone number", "Empty: the first field that is called phone or mobile."),
    _option(
        "event_id_field",
        "Field with the event's id",
        "What is the same when the tool sends the same thing again: it is taken once. Empty: the webhook-id header "
        "where there is one; else equal content within ten minutes is the same.",
    ),
    _option("time_field", "Field with the time", "When it happened. Empty: when it arrives here."),
    _option(
        "consent_field",
        "Field with the consent",
        "Only when the person said in this tool that they may be mailed: a field with yes or the time. With "
        "contact.subscribed it can lift an older opt-out, as the rule says. Empty: nothing from here ever does.",
    ),
)


def secrets_of(credentials: Mapping[str, Any]) -> list[str]:
    """The signing secrets; several while one takes the other's place."""
    return str(credentials.get("signing_secret") or "").split()
