"""What a person can decide about changes: each verb with who may use it, which states it fits, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from . import decisions
from .decisions import Decision
from .models import Change, ChangeState

RETRY, DECIDE = "audit.retry_change", "audit.decide_change"
AT_ONCE = 200  # changes one decision takes; more of them are decided by a run, as many at a time
Act = Callable[..., Decision]


def nothing(changes: QuerySet[Change]) -> None:
    """Most verbs need no vendor."""


@dataclass(frozen=True)
class Verb:
    """One kind of decision. `act` is the whole of it; a run calls `first` once for all, then `step` in transactions."""

    name: str
    label: Any
    permission: str
    states: tuple[str, ...]
    act: Act
    step: Act
    warning: Any
    icon: str
    tone: str = "primary"
    first: Callable[[QuerySet[Change]], None] = nothing


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "retry",
            gettext_lazy("Retry"),
            RETRY,
            (ChangeState.FAILED,),
            decisions.retry,
            decisions.requeue,
            gettext_lazy("They are sent again, with a full set of attempts. Mend the cause first."),
            "replay",
            first=decisions.look_at_stopped,
        ),
        Verb(
            "approve",
            gettext_lazy("Approve"),
            DECIDE,
            (ChangeState.HELD,),
            decisions.approve,
            decisions.approve,
            gettext_lazy("They are sent to the vendor."),
            "thumb_up",
        ),
        Verb(
            "reject",
            gettext_lazy("Reject"),
            DECIDE,
            (ChangeState.HELD,),
            decisions.reject,
            decisions.reject,
            gettext_lazy("They are never sent, nor what was to follow them. This is final."),
            "thumb_down",
            "danger",
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            DECIDE,
            (ChangeState.QUEUED, ChangeState.HELD, ChangeState.FAILED),
            decisions.cancel,
            decisions.cancel,
            gettext_lazy("They are taken back, with what was to follow them. This is final."),
            "cancel",
            "danger",
        ),
    )
}
