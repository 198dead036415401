"""Whose a task is: a user of the vendor, by id, by name, or by e-mail address."""

from __future__ import annotations

from integrations.lookups import MOST, entries_of
from integrations.models import Connection
from integrations.vendors.base import Client
from integrations.vendors.lookups import Entry, LookUp
from integrations.vendors.registry import vendor


def assignee_of(wanted: str, connection: Connection, client: Client) -> tuple[str, str]:
    """(the user's id, a note). "" when there is no such user; a vendor without a list of users is asked by the id."""
    wanted = wanted.strip()
    look_up = next((each for each in vendor(connection.vendor).capabilities.lookups if each.kind == "user"), None)
    if not wanted or look_up is None:
        return wanted, ""
    entries = entries_of(connection, look_up.key, client)
    found = [entry for entry in entries if stands_for(entry, wanted, look_up)]
    if len(found) == 1 or (not found and len(entries) >= MOST):  # of very many not all are known
        return found[0].id if found else wanted, ""
    if found:
        return "", f"Nobody is assigned: several of the {look_up.label} of {connection.name} are called {wanted}."
    return "", f"Nobody is assigned: {wanted} is not among the {look_up.label} of {connection.name}."


def stands_for(entry: Entry, wanted: str, look_up: LookUp) -> bool:
    """By id, by name, or by one of its facts."""
    known_as = (entry.name.casefold(), *(fact.casefold() for fact in entry.facts))
    return entry.id[: look_up.significant] == wanted[: look_up.significant] or wanted.casefold() in known_as
