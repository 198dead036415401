"""Carries out writes: refuses what cannot be sent, batches the rest, and gives each write its outcome."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Outcome, Write
from ...errors import CrosswalkError, OutcomeUnknown, RecordError
from ..client import Api
from . import notes
from .batches import Batch, batches, problem, unsupported
from .campaigns import Campaigns, is_campaign_write
from .lookups import Lookups
from .parents import Parents, orphan, sent_on, told
from .queries import Queries
from .rows import Rows, failed


class Writer:
    def __init__(self, api: Api, queries: Queries) -> None:
        self.lookups = Lookups(api, queries)
        self.campaigns = Campaigns(queries)
        self.parents = Parents(queries)
        self.rows = Rows(api, self.lookups)

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises only when the first call failed and nothing was written."""
        outcomes = {w.id: Outcome(w.id, error=error) for w in writes if (error := unsupported(w))}
        allowed = [w for w in writes if w.id not in outcomes]
        settled, left = self.campaigns.prepare([w for w in allowed if is_campaign_write(w)])
        outcomes.update(settled)
        records = [w for w in allowed if not is_campaign_write(w)] + left
        outcomes.update({w.id: Outcome(w.id, error=error) for w in records if (error := problem(w) or orphan(w))})
        ready = self.parents.prepare([w for w in records if w.id not in outcomes])
        outcomes.update(self._finish([notes.written(write) for write in ready]))
        outcomes = self.campaigns.settle(writes, outcomes)
        return [outcomes[write.id] for write in writes]

    def _finish(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Send, and link the notes that were made."""
        latest, outcomes = self._follow(writes, self._send(writes))
        return notes.link(latest, outcomes, lambda more: self._follow(more, self._send_quietly(more))[1])

    def _follow(self, writes: Sequence[Write], sent: dict[str, Outcome]) -> tuple[list[Write], dict[str, Outcome]]:
        """What ran into a lead that was converted just now is sent to its contact: (as sent last, outcomes)."""
        outcomes = self.lookups.settle_moved(writes, sent)
        again = sent_on(writes, outcomes)
        outcomes.update(self._send_quietly(again))
        latest = list({write.id: write for write in (*writes, *again)}.values())
        return latest, {write.id: told(write, outcomes[write.id]) for write in latest}

    def _send_quietly(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """A failure of the whole call is every row's outcome: something was written already."""
        try:
            return self._send(writes)
        except CrosswalkError as error:
            return failed(writes, error)

    def _send(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        calls = list(batches(writes))
        outcomes: dict[str, Outcome] = {}
        for number, batch in enumerate(calls):
            try:
                outcomes.update(self.rows.send(batch))
            except CrosswalkError as error:
                if number == 0 and _concerns_all(error, calls):
                    raise
                outcomes.update(failed(batch.writes, error))
        return outcomes


def _concerns_all(error: CrosswalkError, calls: Sequence[Batch]) -> bool:
    """Nothing was sent, or all of it in this one call."""
    if isinstance(error, OutcomeUnknown):
        return len(calls) == 1
    return not isinstance(error, RecordError)
