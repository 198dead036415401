"""What an account calls its lists, tags and personal fields: asked for once per client."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ...base import Record
from ...errors import Rejected
from ..client import Api
from ..fields import CUSTOM, ID, LISTS, TAGS, field_name, named, plain_text

LIST_PATH, TAG_PATH, FIELD_PATH = "lists", "tag", "personal-fields"  # the tags' path is singular (responder.md §2a)
NO_SUCH_LIST = "Choose a list that Responder Live has: Test connection shows their ids."
COMPUTED = "Responder Live fills this list by itself. Choose another list."
NO_SUCH_TAG = "Make the tag in Responder Live, then press Retry."
NO_SUCH_FIELD = "Make the personal field in Responder Live, or take it out of the mapping. Then press Retry."
TWO_FIELDS = "Several lists have a field of this name. Write its number instead, for example customFields.1251."


class Names:
    def __init__(self, api: Api) -> None:
        self.api = api

    @cached_property
    def lists(self) -> dict[str, Record]:
        return self._by_id(LIST_PATH)

    @cached_property
    def tags(self) -> dict[str, str]:
        """Names by id."""
        return {id: plain_text(row.get("name")) for id, row in self._by_id(TAG_PATH).items()}

    @cached_property
    def definitions(self) -> dict[str, Record]:
        return self._by_id(FIELD_PATH)

    @property
    def field_names(self) -> dict[str, str]:
        return {id: field_name(row) for id, row in self.definitions.items()}

    def everybody(self) -> list[str]:
        """The list that everybody is on; where there is none, all that are not computed."""
        all_lists = [id for id, row in self.lists.items() if is_on(row.get("is_all_lists"))]
        return all_lists[:1] or [id for id, row in self.lists.items() if not is_computed(row)]

    def list_id(self, said: str) -> int:
        """The id of a list that can be joined. Raises Rejected for one that is computed or not there."""
        row = self.lists.get(said)
        if row is None or not said.isdigit():
            raise Rejected(f"Responder Live has no list {said}.", fields=[LISTS], help=NO_SUCH_LIST)
        if is_computed(row):
            raise Rejected(f"{said} is a dynamic list: nobody is put on it.", fields=[LISTS], help=COMPUTED)
        return int(said)

    def tag_names(self, said: Sequence[str]) -> list[str]:
        """The tags by their names there. Raises Rejected for one that is not there: a typing error makes no tag."""
        return [self.tags[self._tag(name)] for name in said]

    def tag_ids(self, said: Sequence[str]) -> list[int | str]:
        return [number(self._tag(name)) for name in said]

    def _tag(self, name: str) -> str:
        exact, close = named({n: id for id, n in self.tags.items()}, plain_text(name))
        found = [*exact, *close, *([name] if name in self.tags else [])]
        if not found:
            raise Rejected(f"Responder Live has no tag {name}.", fields=[TAGS], help=NO_SUCH_TAG)
        return str(found[0])

    def field(self, path: str) -> Record:
        """The definition of `customFields.NAME`, or of its number. Raises Rejected when there is none, or several."""
        name = plain_text(path.removeprefix(CUSTOM))
        rows = list(self.definitions.values())
        found = (
            [row for row in rows if field_name(row) == name]
            or [row for row in rows if field_name(row).casefold() == name.casefold()]
            or [row for id, row in self.definitions.items() if id == name]
        )
        for_all = [row for row in found if not row.get("list_id")]
        if not found:
            raise Rejected(f"Responder Live has no personal field {name}.", fields=[path], help=NO_SUCH_FIELD)
        if len(found) > 1 and len(for_all) != 1:
            raise Rejected(f"There are several fields {name}.", fields=[path], help=TWO_FIELDS)
        return (for_all or found)[0]

    def _by_id(self, path: str) -> dict[str, Record]:
        return {str(row[ID]): row for row in self.api.rows(path) if row.get(ID)}


def is_computed(row: Record) -> bool:
    """dynamic_status 1 is a list that is computed (responder.md §2a, quirk 8)."""
    return is_on(row.get("dynamic_status"))


def is_on(value: Any) -> bool:
    return str(value).strip().lower() in ("1", "true")


def number(id: str) -> int | str:
    """Ids come as numbers or texts; what is sent is a number where it is one."""
    return int(id) if id.isascii() and id.isdigit() else id
