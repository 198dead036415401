"""Writes Do Not Disturb: one channel at a time, never more, never less than before, and reads it back.

A stop is written over nothing but "allowed", so that `permanent` stays. That a PUT leaves the other channels alone is
what others rely on and nobody has promised (highlevel.md §2.6, §9): what it took away is put back at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...base import Outcome, Record, Write
from ...errors import CrosswalkError, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api, NotShown
from ..fields import ALL, ALLOWED, CHANNELS, DND, iso, status_of, suppressed
from .rows import Answers, Outcomes, already, body_of, contact_path, done, failed, send_all

STOP, PERMANENT = "active", "permanent"
FOR_GOOD = (
    "HighLevel says permanent: the person asked the carrier for it. Only their own START, or HighLevel's support, "
    "lifts it."
)
SET_BY_HAND = "Set Do Not Disturb of these channels on the contact in HighLevel by hand, at once."
GLOBAL = "Do Not Disturb is on for all channels. Somebody must switch it off in HighLevel by hand."


@dataclass(frozen=True)
class Held:
    """What a contact held before the write, and what is written."""

    write: Write
    record: Record
    body: Record


class Stops:
    def __init__(self, api: Api) -> None:
        self.api = api

    def carry_out(self, writes: Sequence[Write]) -> Outcomes:
        """Read, write what is missing, read back. May be repeated."""
        before = self._read(writes)
        outcomes = {w.id: failed(w, e) for w in writes if isinstance(e := before[w.id], CrosswalkError)}
        held: list[Held] = []
        for write in (w for w in writes if w.id not in outcomes):
            record = body_of(before[write.id], "contact")
            if not record:
                outcomes[write.id] = failed(write, NotShown("HighLevel answered with something that is not a contact."))
                continue
            try:
                body = change_of(record, flags_of(write.values))
            except RecordError as error:
                outcomes[write.id] = failed(write, error)
                continue
            held += [Held(write, record, body)] if body else []
            outcomes |= {} if body else {write.id: already(write)}
        return outcomes | self._write(held)

    def _write(self, held: Sequence[Held]) -> Outcomes:
        answers = self._put({each.write.id: each.body for each in held}, held)
        outcomes = {
            h.write.id: failed(h.write, e) for h in held if isinstance(e := answers[h.write.id], CrosswalkError)
        }
        return outcomes | self._read_back([each for each in held if each.write.id not in outcomes])

    def _read_back(self, held: Sequence[Held]) -> Outcomes:
        answers = self._read([each.write for each in held])
        after = {id: body_of(answer, "contact") for id, answer in answers.items()}
        lost = {h.write.id: missing for h in held if (missing := lost_stops(h, after[h.write.id]))}
        outcomes = {each.write.id: _verdict(each, answers[each.write.id]) for each in held}
        return outcomes | self._put_back([each for each in held if each.write.id in lost], lost)

    def _put_back(self, held: Sequence[Held], lost: Mapping[str, Record]) -> Outcomes:
        """With what was written, in case HighLevel takes what it is given for all there is."""
        bodies = {h.write.id: {"dndSettings": {**h.body.get("dndSettings", {}), **lost[h.write.id]}} for h in held}
        answers = self._put(bodies, held)
        gone = [each for each in held if isinstance(answers[each.write.id], CrosswalkError)]
        return {each.write.id: failed(each.write, _not_put_back(lost[each.write.id])) for each in gone}

    def _read(self, writes: Sequence[Write]) -> Answers:
        return send_all(self.api, {write.id: Call("GET", contact_path(write.record_id)) for write in writes})

    def _put(self, bodies: Mapping[str, Record], held: Sequence[Held]) -> Answers:
        ids = {each.write.id: each.write.record_id for each in held}
        return send_all(self.api, {id: Call("PUT", contact_path(ids[id]), body=body) for id, body in bodies.items()})


def flags_of(values: Mapping[str, Any]) -> dict[str, bool]:
    """By our channel: is it a stop? What is not clearly "no" is one."""
    return {name.removeprefix(DND): value is not False for name, value in values.items() if name.startswith(DND)}


def shows(record: Record, flags: Mapping[str, bool]) -> bool:
    """Whether a contact as HighLevel shows it says each of these."""
    whole = {"dnd": False, "dndSettings": {}, **record}
    return all(suppressed(whole, ours)[1] == stop for ours, stop in flags.items())


def new_settings(flags: Mapping[str, bool]) -> Record:
    """What a contact that is made for somebody who said stop is made with."""
    return change_of({}, {channel: stop for channel, stop in flags.items() if stop})


def change_of(record: Record, flags: Mapping[str, bool]) -> Record:
    """What has to be written so that the contact says so; {} when it does. Raises Rejected for what may not be."""
    if any(not stop for stop in flags.values()):
        _check_lifting(record, flags)
    body: Record = {"dnd": flags[ALL]} if ALL in flags and (record.get("dnd") is True) != flags[ALL] else {}
    settings = {
        theirs: _setting(flags[ours])
        for ours, theirs in CHANNELS.items()
        if ours in flags and _is_stopped(record, theirs) != flags[ours]
    }
    return body | ({"dndSettings": settings} if settings else {})


def _check_lifting(record: Record, flags: Mapping[str, bool]) -> None:
    lifted = [theirs for ours, theirs in CHANNELS.items() if flags.get(ours) is False]
    if any(status_of(record, theirs) == PERMANENT for theirs in lifted):
        raise Rejected("The stop is permanent in HighLevel.", vendor_code=PERMANENT, help=FOR_GOOD)
    if record.get("dnd") is True and ALL not in flags:
        raise Rejected("The contact wants no message at all.", vendor_code="dnd", help=GLOBAL)


def _is_stopped(record: Record, theirs: str) -> bool:
    return status_of(record, theirs) not in ("", ALLOWED)


def _setting(stop: bool) -> Record:
    said = "do not contact" if stop else "may be contacted again"
    return {"status": STOP if stop else ALLOWED, "message": f"Crosswalk: {said}, {iso(datetime.now(UTC))}"}


def lost_stops(held: Held, after: Record) -> Record:
    """Stops of other channels that the contact had before our write, and has no longer."""
    if not after:
        return {}
    written = {key.casefold() for key in held.body.get("dndSettings", {})}
    before = held.record.get("dndSettings")
    return {
        theirs: {name: value for name, value in setting.items() if name in ("status", "message", "code")}
        for theirs, setting in (before if isinstance(before, dict) else {}).items()
        if theirs.casefold() not in written and isinstance(setting, dict) and setting.get("status")
        if _is_stopped(held.record, theirs) and not _is_stopped(after, theirs)
    }


def _verdict(held: Held, answer: Answer | CrosswalkError) -> Outcome:
    if isinstance(answer, CrosswalkError):
        return failed(held.write, answer)
    if shows(body_of(answer, "contact"), flags_of(held.write.values)):
        return done(held.write)
    return failed(held.write, NotShown("HighLevel took the stop and does not show it yet."))


def _not_put_back(lost: Record) -> CrosswalkError:
    channels = ", ".join(lost)
    return Rejected(f"HighLevel dropped the stop of {channels} and did not take it back.", help=SET_BY_HAND)
