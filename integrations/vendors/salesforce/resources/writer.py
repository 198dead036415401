"""Carries out writes: refuses what cannot be sent, batches the rest, and gives each write its outcome."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Outcome, Write
from ...errors import CrosswalkError, OutcomeUnknown, RecordError
from ..client import Api
from .batches import Batch, batches, problem, unsupported
from .campaigns import Campaigns, is_campaign_write
from .lookups import Lookups
from .queries import Queries
from .rows import Rows, failed


class Writer:
    def __init__(self, api: Api, queries: Queries) -> None:
        self.lookups = Lookups(api, queries)
        self.campaigns = Campaigns(queries)
        self.rows = Rows(api, self.lookups)

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises only when the first call failed and nothing was written."""
        outcomes = {w.id: Outcome(w.id, error=error) for w in writes if (error := unsupported(w))}
        allowed = [w for w in writes if w.id not in outcomes]
        settled, left = self.campaigns.prepare([w for w in allowed if is_campaign_write(w)])
        outcomes.update(settled)
        records = [w for w in allowed if not is_campaign_write(w)] + left
        outcomes.update({w.id: Outcome(w.id, error=error) for w in records if (error := problem(w))})
        outcomes.update(self._send([w for w in records if w.id not in outcomes]))
        outcomes = self.campaigns.settle(writes, self.lookups.settle_moved(writes, outcomes))
        return [outcomes[write.id] for write in writes]

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
