"""The actions of rules: each plans one action for all cases of a batch in which its rule applies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..case import Case, Step
from .calls import plan_call
from .campaigns import plan_campaign
from .changing import plan_change
from .deleting import plan_delete
from .increments import plan_increment
from .notes import plan_add_note
from .notify import plan_notify
from .opt_out import plan_opt_out
from .tags import plan_tags
from .tasks import plan_create_task
from .upsert import plan_upsert

PLANNERS: dict[str, Callable[[Step, Sequence[Case]], None]] = {
    "upsert": plan_upsert,
    "update": plan_upsert,
    "set": plan_upsert,
    "opt_out": plan_opt_out,
    "add_to_campaign": plan_campaign,
    "remove_from_campaign": plan_campaign,
    "create_task": plan_create_task,
    "add_note": plan_add_note,
    **dict.fromkeys(("update_task", "complete_task", "delete_task", "update_note", "delete_note"), plan_change),
    "increment": plan_increment,
    "delete": plan_delete,
    "call": plan_call,
    "notify": plan_notify,
    "add_tags": plan_tags,
    "remove_tags": plan_tags,
}
