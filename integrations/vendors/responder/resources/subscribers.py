"""Subscribers of Responder Live: one is a person, with an e-mail address or a phone number or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base import Field, Found, Page, Record
from ...errors import Unsupported
from ...http import Answer, Call
from ..client import PAGE, Api, rows_of
from ..fields import (
    CUSTOM,
    ID,
    LEVEL,
    LISTS,
    SMS,
    STANDARD_FIELDS,
    UNSUBSCRIBED,
    by_field,
    custom_field,
    path,
    plain_text,
    subscriber,
)
from .names import Names
from .phones import national, same_number
from .rows import ID as ID_FORM
from .rows import subscriber_path

OBJECT = "subscriber"
SEARCHED_BY = ("email", "phone")
IN_DETAIL = (LISTS, UNSUBSCRIBED, LEVEL, SMS)  # a search does not always bring them (responder.md §2a, quirk 5)


class Subscribers:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def describe(self) -> list[Field]:
        """Of several personal fields with one name the first."""
        fields = [custom_field(row) for row in self.names.definitions.values()]
        return [*STANDARD_FIELDS, *{field.name: field for field in reversed(fields)}.values()]

    def read(self, record_ids: Sequence[str]) -> dict[str, Record]:
        """One call each. Who is not there is absent."""
        ids = [i for i in dict.fromkeys(record_ids) if ID_FORM.fullmatch(i)]
        answers = self.api.find_each([Call("GET", subscriber_path(i)) for i in ids])
        pairs = [(i, one_of(answer)) for i, answer in zip(ids, answers, strict=True) if answer is not None]
        return {i: self.record({ID: i, **raw}) for i, raw in pairs if raw}

    def find_any(self, keys: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Found]:
        """One search for each address, and one read for each id that the searches did not bring."""
        unknown = sorted(set(keys) - {*SEARCHED_BY, ID})
        if unknown:
            raise Unsupported(f"Responder Live cannot search subscribers by {', '.join(unknown)}.")
        found = {r[ID]: r for r in (*self.by_email(keys.get("email", ())), *self.by_phone(keys.get("phone", ())))}
        thin = [id for id, record in found.items() if _is_thin(record, fields)]
        found |= self.read([*(i for i in keys.get(ID, ()) if i not in found), *thin])
        return [Found(OBJECT, record_id, by_field(record, fields)) for record_id, record in found.items()]

    def by_email(self, emails: Sequence[str]) -> list[Record]:
        wanted = list(dict.fromkeys(email for email in map(plain_text, emails) if email))
        answers = self.api.find_each([Call("GET", "subscribers", [("email", email)]) for email in wanted])
        hits = [(email, row) for email, a in zip(wanted, answers, strict=True) if a for row in rows_of(a)]
        return self._records([row for email, row in hits if _same_address(row.get("email"), email)])

    def by_phone(self, phones: Sequence[str]) -> list[Record]:
        """There is no search by phone but within a list: that of everybody (responder.md §2a)."""
        wanted = list(dict.fromkeys(number for number in map(national, phones) if number))
        places = [(number, list_id) for number in wanted for list_id in self.names.everybody()] if wanted else []
        answers = self.api.find_each([search(list_id, number) for number, list_id in places])
        hits = [(number, row) for (number, _), a in zip(places, answers, strict=True) if a for row in rows_of(a)]
        return self._records([row for number, row in hits if same_number(row.get("phone"), number)], of_list=True)

    def page(self, cursor: str, list_id: str = "") -> Page:
        """Everybody, or the members of one list. The next page begins with the last row of this one: when others are
        deleted meanwhile, few are missed."""
        where, start = f"lists/{list_id}/subscribers" if list_id else "subscribers", int(cursor or 0)
        rows, following, total = self.api.page(where, start)
        onward = str(max(following - 1, start + 1)) if following else ""
        return Page(self._records(rows, bool(list_id)), onward, total)

    def record(self, raw: Record, of_list: bool = False) -> Record:
        """Names are asked for only where there are personal fields to be named."""
        names = self.names.field_names if raw.get("personal_fields") else {}
        return subscriber(raw, names, of_list)

    def _records(self, rows: Sequence[Record], of_list: bool = False) -> list[Record]:
        return [record for record in (self.record(row, of_list) for row in rows) if record[ID]]


def one_of(answer: Answer) -> Record | None:
    """The subscriber of `{"data": {…}}`; None for an empty one (responder.md §2a)."""
    data: Any = answer.json.get("data") if isinstance(answer.json, dict) else None
    return data if isinstance(data, dict) and data else None


def search(list_id: str, text: str) -> Call:
    """The query on a POST with an empty body (responder.md §2a)."""
    query = [("listId", list_id), ("searchKey", text), ("offset", "0"), ("size", str(PAGE))]
    return Call("POST", "subscribers/search", query, body={}, reads=True)


def _is_thin(record: Record, fields: Sequence[str]) -> bool:
    """Whether something is wanted that only the full record has."""
    return any((name in IN_DETAIL or name.startswith(CUSTOM)) and not path(record, name)[0] for name in fields)


def _same_address(left: Any, right: str) -> bool:
    return plain_text(left).casefold() == right.casefold()
