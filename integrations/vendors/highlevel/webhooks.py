"""What HighLevel tells us by webhook."""

from __future__ import annotations

from ..base import Account, Inbound, Notice
from ..payloads import read_elements, read_json


class HighLevelWebhooks:
    """The token in the URL is the proof."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        return None

    def parse(self, inbound: Inbound) -> list[Notice]:
        return [_notice(element) for element in read_elements(read_json(inbound.body))]


def _notice(element: object) -> Notice:
    """No type is known yet: stored and ignored."""
    type = element.get("type") if isinstance(element, dict) else None
    unreadable = "" if isinstance(type, str) and type else "The element has no type."
    return Notice("", str(type or ""), "", "", element, unreadable=unreadable)
