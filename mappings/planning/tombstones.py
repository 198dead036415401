"""Remembers what was deleted: no late event brings it back, only a newer opt-in of the person's own does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations.models import EventSource, Link

from .case import Case
from .opt_ins import OPT_IN_EVENT

DELETED = "contact.deleted"
LISTED = (EventSource.RESYNC, EventSource.BACKFILL, EventSource.POLL)  # the vendor itself shows the record: it is there


def mind_tombstones(cases: Sequence[Case]) -> None:
    """Bury the records of people's deletions, wake those that came back, and let late events do nothing.

    Call inside the transaction that identifies the cases.
    """
    for case in cases:
        if case.link is None:
            continue
        if case.event.type == DELETED:
            _bury(case, case.link)
        elif case.link.gone_at is not None:
            _wake_or_rest(case, case.link, case.link.gone_at)


def _bury(case: Case, link: Link) -> None:
    link.gone_at = case.happened_at
    link.save(update_fields=["gone_at"])
    case.reasons.append(f"{link.object} {link.record_id} is known as deleted now; a late event does not bring it back.")


def _wake_or_rest(case: Case, link: Link, gone_at: datetime) -> None:
    if case.event.source in LISTED or _has_opted_in(case, gone_at):
        link.gone_at = None
        link.save(update_fields=["gone_at"])
        return
    case.is_late = True
    case.reasons.append(
        f"{link.object} {link.record_id} was deleted; only a newer opt-in of the person's own brings it back."
    )


def is_made_again(case: Case, links: Sequence[Link]) -> bool:
    """Whether the person opted in after their records were deleted at the target.

    Of one that is only now found missing nobody knows when it went: it counts from when it was seen last.
    """
    return bool(links) and _has_opted_in(case, max(link.gone_at or link.seen_at for link in links))


def _has_opted_in(case: Case, since: datetime) -> bool:
    acted_at = case.kind.opted_in_at(case.record, case.event.context) if case.event.type == OPT_IN_EVENT else None
    return acted_at is not None and acted_at > since
