"""What GetResponse does not report, or reports once and never again, and is therefore looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...base import Glance, Look
from ...errors import Unsupported
from ..client import Api
from .changes import ChangedContacts
from .removals import Removals
from .webinars import Webinars

# The watches of the capabilities, by key.
WATCHES: Mapping[str, Callable[[Api], ChangedContacts | Removals | Webinars]] = {
    "contacts": ChangedContacts,
    "removed": Removals,
    "webinars": Webinars,
}


class Watching:
    def __init__(self, api: Api) -> None:
        self.api = api

    def look(self, look: Look) -> Glance:
        if look.key not in WATCHES:
            raise Unsupported(f"GetResponse has no watch {look.key}.")
        return WATCHES[look.key](self.api).look(look)
