"""The client of a tool that is never called: everything but the look at the connection's own options is unsupported."""

from __future__ import annotations

from collections.abc import Sequence

from ..base import Check, Client, Outcome, Write
from .resources import checks_of


class WebhookClient(Client):
    """One tool's calls to one webhook URL."""

    def check(self, url: str = "") -> list[Check]:
        """Whether the options make sense, and what to enter at the tool. Nobody is asked."""
        return checks_of(self.account)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        return [Outcome(each.id, error=self._unsupported(each.operation)) for each in writes]
