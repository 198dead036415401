"""What a person chooses from in a Salesforce org: campaigns, the statuses of their members, active users."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...base import Record
from ...errors import Unsupported
from ...lookups import Entry
from .queries import Queries

NEWEST_FIRST = "ORDER BY CreatedDate DESC"
MOST_STATUSES = 2000  # one page: a campaign has a few, and mostly the same as the others


class Choices:
    def __init__(self, queries: Queries) -> None:
        self.queries = queries

    def entries(self, key: str) -> Iterator[Entry]:
        if key not in SOURCES:
            raise Unsupported(f"Salesforce has no look-up {key}.")
        return SOURCES[key](self.queries)


def _campaigns(queries: Queries) -> Iterator[Entry]:
    return map(_campaign, queries.rows(f"SELECT Id, Name, IsActive FROM Campaign {NEWEST_FIRST}"))


def _campaign(row: Record) -> Entry:
    return Entry(str(row["Id"]), str(row.get("Name") or ""), () if row.get("IsActive") else ("not active",))


def _statuses(queries: Queries) -> Iterator[Entry]:
    """Each word once: a status has no id that a campaign member could hold, only its label (salesforce.md §3.4)."""
    rows = queries.rows(f"SELECT Label FROM CampaignMemberStatus {NEWEST_FIRST} LIMIT {MOST_STATUSES}")
    return (Entry(label, label) for label in dict.fromkeys(str(row["Label"]) for row in rows if row.get("Label")))


def _users(queries: Queries) -> Iterator[Entry]:
    """The user name tells two of the same name apart. It looks like an address, and need not be one."""
    rows = queries.rows("SELECT Id, Name, Email, Username FROM User WHERE IsActive = true ORDER BY Name")
    return (Entry(str(row["Id"]), str(row.get("Name") or ""), _facts(row)) for row in rows)


def _facts(user: Record) -> tuple[str, ...]:
    """Once where both are the same."""
    return tuple(dict.fromkeys(str(user[name]) for name in ("Email", "Username") if user.get(name)))


SOURCES: dict[str, Callable[[Queries], Iterator[Entry]]] = {
    "campaigns": _campaigns,
    "member_statuses": _statuses,
    "users": _users,
}
