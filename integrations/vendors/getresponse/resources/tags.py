"""Adds and removes tags of contacts. A tag is an id there; rules and mappings say its name."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Outcome, Record, Write
from ...errors import RecordError, Rejected
from ...http import Call
from ..client import Api
from .names import Names, tag_list
from .rows import already, contact_path, failed, send_all, split
from .updating import read_details


class Tags:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def add(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """May be repeated: a tag that is there stays."""
        outcomes, calls = {}, {}
        for write in writes:
            try:
                body = {"tags": [{"tagId": tag_id} for tag_id in self.names.tag_ids(_named(write))]}
                calls[write.id] = Call("POST", contact_path(write.record_id, "/tags"), body=body)
            except RecordError as error:
                outcomes[write.id] = failed(write, error)
        return outcomes | self._sent([w for w in writes if w.id in calls], calls)

    def remove(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """By writing the tags that stay: read just before, because nothing guards the write (getresponse.md §2.3)."""
        read, errors = read_details(self.api, writes)
        _fine, outcomes = split(writes, errors)
        calls = {}
        for write in (w for w in writes if w.id in read):
            try:
                held, gone = _tag_ids(read[write.id]), set(self.names.known_tag_ids(_named(write)))
            except RecordError as error:
                outcomes[write.id] = failed(write, error)
                continue
            if gone.isdisjoint(held):
                outcomes[write.id] = already(write)
            else:
                kept = [{"tagId": tag_id} for tag_id in held if tag_id not in gone]
                calls[write.id] = Call("POST", contact_path(write.record_id), body={"tags": kept})
        return outcomes | self._sent([w for w in writes if w.id in calls], calls)

    def _sent(self, writes: Sequence[Write], calls: dict[str, Call]) -> dict[str, Outcome]:
        fine, outcomes = split(writes, send_all(self.api, calls))
        return outcomes | {write.id: Outcome(write.id, write.record_id, False) for write in fine}


def _named(write: Write) -> list[str]:
    names = tag_list(write.values.get("tags"))
    if not names:
        raise Rejected("The rule names no tag.", fields=["tags"])
    return names


def _tag_ids(contact: Record) -> list[str]:
    tags = [tag for tag in contact.get("tags") or () if isinstance(tag, dict)]
    return [str(tag["tagId"]) for tag in tags if tag.get("tagId")]
