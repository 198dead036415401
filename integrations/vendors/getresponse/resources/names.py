"""What an account calls its tags and custom fields: their ids by name, asked for once per client."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ...base import Record
from ...errors import RecordError, Rejected
from ...http import Call
from ..client import Api
from ..fields import CUSTOM
from .wording import is_on, read_table, their_tag

NO_SUCH_NAME = (
    "GetResponse takes 2 to 64 of the letters a to z, digits and _ in a tag's name. Say in the connection's option "
    '"Tag names" what to call it there, for example: {} = vip_customer. Then press Retry.'
)
NO_SUCH_TAG = 'Make the tag in GetResponse, or set the connection\'s option "Create tags" to true. Then press Retry.'
NO_SUCH_FIELD = "Make the custom field in GetResponse, or take it out of the mapping. Then press Retry."


class Names:
    def __init__(self, api: Api) -> None:
        self.api = api
        options = api.account.options
        self.tag_names = read_table(options.get("tag_names"))
        self._creates_tags = is_on(options.get("create_tags"))

    def custom_field(self, path: str) -> Record:
        """The definition of `customFields.NAME`, exact case first. Raises Rejected when there is none."""
        name = path.removeprefix(CUSTOM)
        field = self._fields.get(name) or next((f for n, f in self._fields.items() if n.lower() == name.lower()), None)
        if field is None:
            raise Rejected(f"GetResponse has no custom field {name}.", fields=[path], help=NO_SUCH_FIELD)
        return field

    def tag_ids(self, names: Sequence[str]) -> list[str]:
        """The ids of our tags. Makes what is missing where the connection allows that; raises Rejected otherwise."""
        return list(dict.fromkeys(self._tag_id(name) or self._make(name) for name in names))

    def known_tag_ids(self, names: Sequence[str]) -> list[str]:
        """The ids of those that the account has."""
        return [tag_id for tag_id in map(self._tag_id, names) if tag_id]

    def _tag_id(self, name: str) -> str:
        theirs = their_tag(name, self.tag_names)
        folded = {known.lower(): tag_id for known, tag_id in self._tags.items()}
        return self._tags.get(theirs) or folded.get(theirs.lower(), "")

    def _make(self, name: str) -> str:
        theirs = their_tag(name, self.tag_names)
        if not theirs:
            raise Rejected(
                f"GetResponse takes no tag with the name {name}.", fields=["tags"], help=NO_SUCH_NAME.format(name)
            )
        if not self._creates_tags:
            raise Rejected(f"GetResponse has no tag {theirs}.", fields=["tags"], help=NO_SUCH_TAG)
        try:
            made = self.api.send(Call("POST", "tags", body={"name": theirs})).json
        except RecordError:  # somebody else may have made it at this moment
            self.__dict__.pop("_tags", None)
            if theirs not in self._tags:
                raise
            return self._tags[theirs]
        self._tags[theirs] = str(made["tagId"])
        return self._tags[theirs]

    @cached_property
    def _tags(self) -> dict[str, str]:
        return {str(e["name"]): str(e["tagId"]) for e in self._elements("tags") if e.get("name") and e.get("tagId")}

    @cached_property
    def _fields(self) -> dict[str, Record]:
        known = [e for e in self._elements("custom-fields") if e.get("name") and e.get("customFieldId")]
        return {str(field["name"]): field for field in known}

    def _elements(self, path: str) -> list[dict[str, Any]]:
        return [element for element in self.api.pages(path) if isinstance(element, dict)]


def tag_list(values: Any) -> list[str]:
    """Tags as a mapping or rule gives them: names, or objects with a name."""
    items = values if isinstance(values, list) else str(values or "").split(";")
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    return [str(name).strip() for name in names if name is not None and str(name).strip()]
