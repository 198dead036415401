"""What a person chooses from in a GetResponse account: its lists, tags, messages, webinars and forms."""

from __future__ import annotations

from collections.abc import Iterator

from ...base import Record
from ...errors import NotFound, Unsupported
from ...lookups import Entry
from ..client import Api

# Each look-up: its paths, the field that holds the id, and what tells entries of one path from those of another.
# Names and fields: getresponse.md §3; webforms are the forms of before, and an account may have none of a kind.
PATHS = {
    "lists": (("campaigns", "campaignId", ""),),
    "tags": (("tags", "tagId", ""),),
    "messages": (("newsletters", "newsletterId", "newsletter"), ("autoresponders", "autoresponderId", "autoresponder")),
    "webinars": (("webinars", "webinarId", ""),),
    "forms": (("forms", "formId", ""), ("webforms", "webformId", "old form")),
    "landing_pages": (("landing-pages", "landingPageId", ""),),
}
NAMES = ("name", "metaTitle", "subject")
SAID = ("status", "startsOn", "sendOn")  # what tells things of the same name apart


class Choices:
    def __init__(self, api: Api) -> None:
        self.api = api

    def entries(self, key: str) -> Iterator[Entry]:
        if key not in PATHS:
            raise Unsupported(f"GetResponse has no look-up {key}.")
        return (entry for place in PATHS[key] for entry in self._of(key, *place))

    def _of(self, key: str, path: str, id_field: str, kind: str) -> Iterator[Entry]:
        for element in self._elements(path):
            if isinstance(element, dict) and element.get(id_field):
                yield _entry(element, id_field, kind, facts=key not in ("lists", "tags"))

    def _elements(self, path: str) -> Iterator[object]:
        try:
            yield from self.api.pages(path)
        except NotFound:
            return


def _entry(element: Record, id_field: str, kind: str, facts: bool) -> Entry:
    name = next((str(element[each]) for each in NAMES if element.get(each)), "")
    said = [str(element[each]) for each in SAID if facts and element.get(each)]
    default = ["default"] if element.get("isDefault") in ("true", True) else []
    return Entry(str(element[id_field]), name, tuple(filter(None, (kind, *default, *said))))
