"""What is new about a contact or a task, told from what was remembered of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...base import Notice, Record
from ..webhooks import stopped_channels
from .rounds import Place, moment

TOLD_OF_A_TASK = ("title", "body", "dueDate", "completed", "assignedTo")
KEPT_OF_A_TASK = ("id", *TOLD_OF_A_TASK, "contactId", "dateAdded", "dateUpdated", "locationId")


@dataclass(frozen=True)
class ContactSight:
    """One contact as it is listed now, and the state that is remembered of it; empty when there is none."""

    record: Record
    before: Mapping[str, Any]
    place: Place
    with_tags: bool

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def changed(self) -> str:
        return str(self.record.get("dateUpdated") or self.record.get("dateAdded") or "")

    @property
    def tags(self) -> dict[str, str]:
        """By the form they are compared in: HighLevel lower-cases some, and not all (highlevel.md §2.5)."""
        held = self.record.get("tags")
        names = [str(tag).strip() for tag in held if tag] if isinstance(held, list) else []
        return {name.casefold(): name for name in names}

    def state(self) -> Record:
        """What is remembered of it from now on."""
        known: Record = {"changed": self.changed, "email": self.record.get("email") or ""}
        return known | ({"tags": sorted(self.tags)} if self.with_tags else {})

    def news(self) -> Iterator[Notice]:
        is_new = not self.before and moment(self.record.get("dateAdded")) >= moment(self.place.since)
        if is_new:
            yield from self._made_with_a_stop()
            yield self._notice("contact.created", self.record.get("dateAdded"))
        elif self._has_changed():
            yield self._notice("contact.updated", self.changed)
        if self.before and self.before.get("email") != (self.record.get("email") or ""):
            yield self._notice("contact.email_changed", self.changed, previousEmail=self.before.get("email"))
        if is_new or (self.place.swept and "tags" in self.before):
            yield from self._tagging(self.before.get("tags", ()))

    def _made_with_a_stop(self) -> Iterator[Notice]:
        """Heard before the contact itself, so that nobody is subscribed elsewhere in between."""
        if stopped := stopped_channels(self.record):
            yield self._notice("opt_out.changed", self.record.get("dateAdded"), stopped=stopped)

    def _has_changed(self) -> bool:
        if self.before:
            return bool(self.before.get("changed") != self.changed)
        return moment(self.changed) >= moment(self.place.since)

    def _tagging(self, before: Sequence[str]) -> Iterator[Notice]:
        """Two looks tell that it came or went in between, and nothing more precise."""
        for tag in sorted(self.tags.keys() - set(before)):
            yield self._notice("contact.tagged", self.place.start, tag={"name": self.tags[tag]})
        for tag in sorted(set(before) - self.tags.keys()):
            yield self._notice("contact.untagged", self.place.start, tag={"name": tag})

    def _notice(self, type: str, when: Any, **more: Any) -> Notice:
        what = ":".join([type, *(str(tag["name"]) for tag in [more.get("tag")] if tag)])
        return contact_notice(type, self.record, f"poll:{self.id}:{what}:{when}", when, more)


def contact_notice(type: str, record: Record, event_id: str, when: Any, context: Record) -> Notice:
    return Notice(
        type=type,
        vendor_type=f"looked for: {type}",
        object="contact",
        record_id=str(record["id"]),
        content={**record, **context},
        vendor_event_id=event_id,
        occurred_at=moment(when) if when else None,
        record=record,
        context=context,
        email=str(record.get("email") or ""),
        phone=str(record.get("phone") or ""),
    )


@dataclass(frozen=True)
class TaskSight:
    """One task as it is listed now, and the state that is remembered of it."""

    record: Record
    before: Mapping[str, Any]
    place: Place

    @property
    def id(self) -> str:
        return str(self.record["id"])

    def state(self) -> Record:
        facts = {"told": self._digest(), "completed": self._is("completed"), "deleted": self._is("deleted")}
        return {name: value for name, value in facts.items() if value}

    def news(self) -> Iterator[Notice]:
        """While all is learnt, only what is younger than the watch is news."""
        is_new = moment(self.record.get("dateAdded")) >= moment(self.place.since)
        if not self.before and not is_new:
            return
        if self._is("deleted"):
            if self.before and not self.before.get("deleted"):
                yield self._notice("task.deleted")
            return
        if not self.before:
            yield self._notice("task.created")
        elif self.before.get("told") != self._digest():
            yield self._notice("task.updated")
        if self._is("completed") and not self.before.get("completed"):
            yield self._notice("task.completed")

    def _is(self, flag: str) -> bool:
        return self.record.get(flag) is True

    def _digest(self) -> str:
        """Of what a person can change: nobody says what moves a task's dateUpdated."""
        told = json.dumps([self.record.get(name) for name in TOLD_OF_A_TASK], ensure_ascii=False, default=str)
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]

    def _notice(self, type: str) -> Notice:
        record = {name: self.record[name] for name in KEPT_OF_A_TASK if name in self.record}
        contact_id = record.get("contactId")
        is_new = type == "task.created"
        when = record.get("dateAdded") if is_new else record.get("dateUpdated")
        return Notice(
            type=type,
            vendor_type=f"looked for: {type}",
            object="task",
            record_id=self.id,
            content=record,
            vendor_event_id=f"poll:{self.id}:{type}" + ("" if is_new else f":{self.place.start}"),
            occurred_at=moment(when or self.place.start),
            record=record,
            context={"parent": {"object": "contact", "record_id": str(contact_id)}} if contact_id else {},
        )
