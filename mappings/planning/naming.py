"""Finds the record of events that name nobody but by an e-mail address, as some vendors' webhooks do."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.health import note_failure
from integrations.models import Connection
from integrations.people import normal_email
from integrations.vendors.base import Client
from integrations.vendors.errors import CrosswalkError

from .case import Case, Workshop
from .reading import portion_of


def name_records(connection: Connection, cases: Sequence[Case], shop: Workshop) -> None:
    """Set the record id of each event that has none, in portions as records are read.

    Once a portion fails, the rest waits with it. An address with no record, or with several, leaves the event to
    speak for itself.
    """
    unnamed = [case for case in cases if not case.event.record_id and _email_field(case) and _email_of(case)]
    size = portion_of(connection)
    for start in range(0, len(unnamed), size):
        try:
            _name(unnamed[start : start + size], shop.client(connection.name))
        except CrosswalkError as error:
            note_failure(connection, error)
            for case in unnamed[start:]:
                case.complete, case.problem = False, error
            return


def _name(cases: Sequence[Case], client: Client) -> None:
    object, field = cases[0].event.object, _email_field(cases[0])
    found = client.find_any(object, {field: list(dict.fromkeys(map(_email_of, cases)))})
    for case in cases:
        theirs = [f for f in found if normal_email(str(f.record.get(field) or "")) == _email_of(case)]
        if len(theirs) == 1:
            case.event.record_id = theirs[0].record_id


def _email_field(case: Case) -> str:
    """Where a record of the case's object has the address that names it; "" when an address names none."""
    capability = case.kind.capabilities.object(case.event.object)
    return capability.addresses.get("email", "") if capability and capability.found_by_email else ""


def _email_of(case: Case) -> str:
    return normal_email(case.kind.identify(case.event.object, case.record)[0])
