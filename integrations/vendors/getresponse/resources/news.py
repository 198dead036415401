"""What is new about a contact, told from what was remembered of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...base import Notice, Record
from ..webhooks import notice_of
from .rounds import Place, moment

# A contact of such an origin filled in a form; which form it was, GetResponse does not say (getresponse.md §3).
FORM_ORIGINS = ("www", "landing_page", "website_builder_elegant", "survey")


@dataclass(frozen=True)
class Sight:
    """One contact as it is seen now, and the state that is remembered of it; empty when there is none."""

    record: Record
    before: Record
    place: Place

    @property
    def id(self) -> str:
        return str(self.record["contactId"])

    @property
    def changed_on(self) -> str:
        """A contact that nobody ever changed may have no time of a change."""
        return str(self.record.get("changedOn") or self.record.get("createdOn") or "")

    @property
    def tags(self) -> dict[str, str] | None:
        """Names by id; None when they were not read: a listing has no tags."""
        tags = self.record.get("tags")
        return tags_of(self.record) if isinstance(tags, list) else None

    @property
    def was_seen(self) -> bool:
        return "changedOn" in self.before

    @property
    def is_known(self) -> bool:
        """Its tags were read in this state, after the second it comes from: times have no parts of a second."""
        is_as_before = self.before.get("changedOn") == self.changed_on
        return is_as_before and "tags" in self.before and self.before.get("settled", False)

    def state(self) -> Record:
        """What is remembered of it from now on."""
        known = {"changedOn": self.changed_on, "email": self.record.get("email") or "", "list": list_of(self.record)}
        if self.tags is None:
            return known
        return known | {"tags": self.tags, "settled": moment(self.changed_on) < moment(self.place.start)}

    def news(self) -> Iterator[Notice]:
        yield from self._known_before() if self.was_seen else self._unseen()
        yield from self._tagging()

    def _unseen(self) -> Iterator[Notice]:
        created, origin = self.record.get("createdOn"), self.record.get("origin")
        if moment(created) >= moment(self.place.since):
            yield self._notice("contact_copied" if origin == "copy" else "contact_added", created)
            if origin in FORM_ORIGINS:
                yield self._notice("form_submitted", created)
        elif moment(self.changed_on) >= moment(self.place.since):
            yield self._notice("contact_changed", self.changed_on)

    def _known_before(self) -> Iterator[Notice]:
        if self.before["changedOn"] != self.changed_on:
            yield self._notice("contact_changed", self.changed_on)
        if self.before.get("email") != self.record.get("email"):
            yield self._notice("contact_email_changed", self.changed_on, previousEmail=self.before.get("email"))
        if self.before.get("list") != list_of(self.record):
            source = {"campaignId": self.before.get("list")}
            yield self._notice("contact_moved", self.changed_on, sourceCampaign=source)

    def _tagging(self) -> Iterator[Notice]:
        now, before = self.tags, self.before.get("tags", {} if self.place.swept else None)
        if now is None or before is None:
            return
        for tag_id in now.keys() - before.keys():
            yield tag_notice(self.record, tag_id, now[tag_id], self.changed_on)
        for tag_id in before.keys() - now.keys():
            yield tag_notice(self.record, tag_id, before[tag_id], self.changed_on, "contact_untagged")

    def _notice(self, type: str, when: Any, **more: Any) -> Notice:
        return notice(type, self.record, f"poll:{self.id}:{type}:{when}", when, **more)


def notice(type: str, record: Record, event_id: str, when: Any = None, **more: Any) -> Notice:
    """The same notice as of a webhook that said it, had GetResponse one."""
    event = {"event": {"occurredAt": when}} if when else {}
    return notice_of({"type": type, "contact": record, **more, **event}, event_id)


def tag_notice(record: Record, tag_id: str, name: str, when: str, type: str = "contact_tagged") -> Notice:
    """`tag` is where the brief's `tag_applied` has it."""
    event_id = f"poll:{record['contactId']}:{type}:{tag_id}:{when}"
    return notice(type, record, event_id, when, tag={"tagId": tag_id, "name": name})


def tags_of(record: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["tagId"]): str(tag.get("name") or "") for tag in record["tags"] if tag.get("tagId")}


def list_of(record: Mapping[str, Any]) -> str:
    campaign = record.get("campaign")
    return str(campaign.get("campaignId") or "") if isinstance(campaign, dict) else ""
