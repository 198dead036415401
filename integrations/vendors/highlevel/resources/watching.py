"""What HighLevel does not report, or reports to an app only, and is therefore looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ...base import Glance, Look
from ...errors import Unsupported
from ..client import Api
from .changes import ChangedContacts
from .contacts import Contacts
from .edits import ChangedTasks
from .stopped import StoppedContacts
from .tasks import TaskSearch


class Watch(Protocol):
    def look(self, look: Look) -> Glance: ...


# The watches of the capabilities, by key.
WATCHES: Mapping[str, Callable[[Api, Contacts], Watch]] = {
    "contacts": lambda _api, contacts: ChangedContacts(contacts),
    "opt_outs": lambda _api, contacts: StoppedContacts(contacts),
    "tasks": lambda api, _contacts: ChangedTasks(TaskSearch(api)),
}


def glance(api: Api, contacts: Contacts, look: Look) -> Glance:
    """At most one page."""
    if look.key not in WATCHES:
        raise Unsupported(f"HighLevel has no watch {look.key}.")
    return WATCHES[look.key](api, contacts).look(look)
