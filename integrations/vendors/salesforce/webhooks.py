"""What Salesforce sends to us: outbound messages, SOAP that a flow sends when a record changed (salesforce.md §4).

They come late, twice and out of order, so only the ids count: the record is read again.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn
from xml.parsers import expat

from ..base import Account, Inbound, Notice
from ..errors import Unreadable
from ..payloads import clean, decode

NAMESPACE = "http://soap.sforce.com/2005/09/outbound"
TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
# Anything else, and Salesforce sends the message again for 24 hours.
ACKNOWLEDGEMENT = (
    f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
    f'<notificationsResponse xmlns="{NAMESPACE}"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>",
    "text/xml; charset=utf-8",
)
# The session of a user, when the message was set up to bring it along
SESSION = re.compile(rb"(?<=<SessionId>).*?(?=</|\Z)", re.DOTALL)
EVENTS = {"Lead": "contact.updated", "Contact": "contact.updated", "Task": "task.updated"}
RECORD_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
LONGEST = 300  # of anything that is taken out of a message


class SalesforceWebhooks:
    """The token in the URL is the proof: an outbound message has no signature."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        return None

    def parse(self, inbound: Inbound) -> list[Notice]:
        found = _Notifications().read(decode(inbound.body))
        if not found:
            raise Unreadable("The body is no outbound message of Salesforce.")
        return [_notice(facts) for facts in found]


def _notice(facts: dict[str, str]) -> Notice:
    object, record_id = facts.get("object", ""), facts.get("record_id", "")
    unreadable = "" if object and RECORD_ID.fullmatch(record_id) else "The message names no record."
    return Notice(
        type=EVENTS.get(object, ""),
        vendor_type=f"outbound message: {object}",
        object=object,
        record_id=record_id,
        content=facts,
        vendor_event_id=facts.get("notification", ""),
        unreadable=unreadable,
    )


class _Notifications:
    """Reads the ids of each Notification. No document type, so no entities; no tree, so no depth that hurts."""

    # (parent, element) as Salesforce names them, and what it is to us
    WANTED = {("Notification", "Id"): "notification", ("sObject", "Id"): "record_id"}

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []
        self.path: list[str] = []
        self.text = ""

    def read(self, text: str) -> list[dict[str, str]]:
        """Raises Unreadable for what is not XML, or more than that."""
        parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._hear
        try:
            parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            raise Unreadable("The body is not XML.") from error
        return self.found

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name.rpartition(" ")[2])
        self.text = ""
        if self.path[-1] == "Notification":
            self.found.append({})
        elif self.path[-2:] == ["Notification", "sObject"]:
            self.found[-1]["object"] = _short(attributes.get(TYPE, "").rpartition(":")[2])

    def _close(self, name: str) -> None:
        wanted = self.WANTED.get((self.path[-2], self.path[-1])) if len(self.path) > 1 else None
        if wanted and self.found:
            self.found[-1].setdefault(wanted, _short(self.text))
        self.path.pop()
        self.text = ""

    def _hear(self, data: str) -> None:
        self.text = (self.text + data)[:LONGEST]


def _short(text: str) -> str:
    return clean(text.strip())[:LONGEST]


def _refuse_doctype(*_facts: Any) -> NoReturn:
    raise Unreadable("The body declares a document type, which Salesforce never does.")
