"""The account's blocklist: whom GetResponse mails on no list. One record of it is one e-mail address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from ...base import Field, Found, Outcome, Write
from ...errors import CrosswalkError, Rejected, Unsupported
from ...http import Answer, Call
from ..client import FLAGS, Api
from .contacts import same_text
from .rows import failed

OBJECT, MASK, BLOCKED = "blocklist", "mask", "blocked"
PATH = "accounts/blocklists"
ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+")
SAYS = {"opt_out": True, "opt_in": False}  # an update says it by its value
FIELDS = (
    Field(MASK, "E-mail address", type="email", createable=False, updateable=False),
    Field(BLOCKED, "Receives no mail on any list", type="boolean"),
)


class Blocklist:
    def __init__(self, api: Api) -> None:
        self.api = api

    def find(self, field: str, addresses: Sequence[str]) -> list[Found]:
        """Every asked address, with whether it is blocked: there is nowhere else to write a stop of who is not here."""
        if field != MASK:
            raise Unsupported(f"GetResponse's blocklist cannot be searched by {field}.")
        asked = list(dict.fromkeys(a for a in map(str.strip, addresses) if ADDRESS.fullmatch(a)))
        answers = self.api.get_many([(PATH, [("query[mask]", address)]) for address in asked]) if asked else []
        return [
            Found(OBJECT, address, {MASK: address, BLOCKED: _names(answer, address)})
            for address, answer in zip(asked, answers, strict=True)
        ]

    def carry_out(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """As many addresses in one call as go the same way. May be repeated without harm."""
        refused = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        asked = [write for write in writes if write.id not in refused]
        for blocked, group in groupby(asked, key=_direction):
            refused |= self._send(list(group), bool(blocked))
        return refused

    def _send(self, writes: Sequence[Write], blocked: bool) -> dict[str, Outcome]:
        """One address that GetResponse does not take spoils the call for all: halves find it."""
        query = ((FLAGS, "add,noResponse" if blocked else "delete,noResponse"),)
        body = {"masks": [write.record_id for write in writes]}
        try:
            self.api.send(Call("POST", PATH, query, body=body))
        except Rejected as error:
            if len(writes) == 1:
                return {writes[0].id: failed(writes[0], error)}
            middle = len(writes) // 2
            return self._send(writes[:middle], blocked) | self._send(writes[middle:], blocked)
        except CrosswalkError as error:
            return {write.id: failed(write, error) for write in writes}
        return {w.id: Outcome(w.id, w.record_id, False, response={BLOCKED: blocked}) for w in writes}


def _direction(write: Write) -> bool | None:
    said = SAYS.get(write.operation, write.values.get(BLOCKED))
    return said if isinstance(said, bool) else None


def _problem(write: Write) -> CrosswalkError | None:
    if not ADDRESS.fullmatch(write.record_id):
        return Rejected("This is no e-mail address.", fields=[MASK])
    if _direction(write) is None:
        return Rejected("An address is either blocked or not.", fields=[BLOCKED])
    return None


def _names(answer: Answer | None, address: str) -> bool:
    """The search is a LIKE, so the masks are compared again."""
    body = answer.json if answer is not None else None
    masks = body.get("masks") if isinstance(body, dict) else None
    return any(same_text(mask, address) for mask in masks) if isinstance(masks, list) else False
