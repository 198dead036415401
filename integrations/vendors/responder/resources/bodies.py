"""What is sent of a write: a subscriber's fields in the words of the API, and what is left out with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...base import Record, Write
from ...errors import Rejected
from ..fields import CUSTOM, ID, LISTS, TAGS, UNSUBSCRIBED, is_date, plain_text, split_name
from .names import Names
from .phones import sendable
from .rows import items_of

PERSONAL = "personal_fields"
TEXTS = ("email", "first", "last")
ADDRESSES = ("email", "phone")
NOT_SENT = "The phone number was not sent: Responder Live takes Israeli numbers, and none that begin with 056 or 059."
NOT_WRITTEN = "Responder Live does not let it be written. Take it out of the mapping."
JOIN = "Use add_to_campaign in the rule to put somebody on a list."
KEEP_IT = "A subscriber needs an address. Use blank: ignore in the mapping's row."
ONLY_OPT_IN = "Only a newer opt-in of the person lifts an opt-out. Take the field out of the mapping."


@dataclass
class Plan:
    """What one write sends: `body` with the subscriber itself, tags in calls of their own."""

    write: Write
    body: Record = field(default_factory=dict)
    list_ids: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def addresses(self) -> Record:
        return {name: self.body[name] for name in ADDRESSES if self.body.get(name)}

    @property
    def lacks_address(self) -> bool:
        """Personal fields alone are silently ignored: the address has to come along (responder.md §2a, quirk 3)."""
        return bool(self.body.get(PERSONAL)) and not self.addresses

    @property
    def response(self) -> Record | None:
        return {"note": self.note} if self.note else None


def plan(write: Write, names: Names) -> Plan:
    """Raises Rejected for what cannot be written."""
    made = Plan(write)
    for name, value in write.values.items():
        _add(made, names, name, value)
    if not made.body and not made.tags and made.note:
        raise Rejected("The phone number cannot be sent.", fields=["phone"], help=NOT_SENT)
    return made


def _add(made: Plan, names: Names, name: str, value: Any) -> None:
    if name.startswith(CUSTOM):
        definition = names.field(name)
        made.body.setdefault(PERSONAL, {})[str(definition[ID])] = personal_value(definition, value)
    elif name == "name":
        made.body["first"], made.body["last"] = split_name(str(value or ""))
    elif name == "phone":
        _add_phone(made, value)
    elif name in TEXTS:
        made.body[name] = plain_text(value)
    elif name == LISTS:
        made.list_ids = _lists(made.write, names, value)
    elif name == TAGS:
        made.tags = items_of(value)
    elif name == UNSUBSCRIBED:
        made.body[name] = _flag(made.write, value)
    else:
        raise Rejected(f"{name} cannot be written.", fields=[name], help=NOT_WRITTEN)
    if name == "email" and not made.body[name] and made.write.record_id:
        raise Rejected("The e-mail address cannot be emptied.", fields=[name], help=KEEP_IT)


def _add_phone(made: Plan, value: Any) -> None:
    """A number that is not taken is left out, and the person kept: as the old system's PHONE_IGNORE does (§5)."""
    number = sendable(value)
    if number or not plain_text(value):
        made.body["phone"] = number
    else:
        made.note = NOT_SENT


def _lists(write: Write, names: Names, value: Any) -> list[int]:
    if not write.record_id:
        return [names.list_id(each) for each in items_of(value)]
    if write.operation == "upsert":  # planned as a new one, and made meanwhile
        return []
    raise Rejected("Lists are joined one by one.", fields=[LISTS], help=JOIN)


def _flag(write: Write, value: Any) -> int:
    """1 may always be written; 0 only by what hears a newer opt-in."""
    stop = str(value).strip().lower() in ("1", "true")
    if not stop and write.operation != "opt_in":
        raise Rejected("An opt-out is not lifted by a mapping.", fields=[UNSUBSCRIBED], help=ONLY_OPT_IN)
    return int(stop)


def personal_value(definition: Mapping[str, Any], value: Any) -> Any:
    """Dates as 1980-03-04 (quirk 6); several values as one text; nothing empties the field."""
    if isinstance(value, bool) or value is None:
        return {True: "1", False: "0", None: ""}[value]
    if isinstance(value, list):
        return "; ".join(filter(None, map(plain_text, value)))
    return plain_text(value)[:10] if is_date(definition) else plain_text(value)


def new_body(made: Plan, names: Names) -> Record:
    """The body of POST /subscribers: nobody who left is made active again (responder.md §3c), what is held is
    overwritten, as an upsert means it. Both are said each time, since their defaults are not known (§8 no. 4)."""
    if not made.addresses:
        help = made.note or "Add a row to the mapping that writes one."
        raise Rejected("A subscriber needs an e-mail address or a phone number.", fields=ADDRESSES, help=help)
    if not made.list_ids:
        help = "Add a row to the mapping that writes a list's id to list_ids."
        raise Rejected("A subscriber needs a list.", fields=[LISTS], help=help)
    given = {name: value for name, value in made.body.items() if value not in ("", {}) and name != UNSUBSCRIBED}
    personal = {id: value for id, value in given.pop(PERSONAL, {}).items() if value != ""}
    tags = {"tags_names": names.tag_names(made.tags)} if made.tags else {}
    return given | ({PERSONAL: personal} if personal else {}) | tags | joining(made.list_ids)


def joining(list_ids: list[int]) -> Record:
    return {"list_ids": list_ids, "override": True, "rejoin": False}
