"""What Salesforce sends to us: nothing yet. Outbound messages are SOAP and come with a later issue."""

from __future__ import annotations

from ..base import Account, Inbound, Notice
from ..errors import Unreadable


class SalesforceWebhooks:
    """Keeps what arrives, and says that it is not read."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        return None

    def parse(self, inbound: Inbound) -> list[Notice]:
        raise Unreadable("Messages from Salesforce are not read yet: changes there are found by asking.")
