"""The webhooks of the account's lists that go to us: two for each list, made and removed together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...base import Callback, Record
from ...errors import NotFound, Rejected
from ...http import Call
from ..client import Api, rows_of
from ..fields import ID
from ..webhooks import HOOK_EVENTS
from .names import Names, is_computed, is_on, number
from .rows import items_of

PATH = "webhooks"
# 5 is joining again. Which of 1 and 2 is joining and which is a change is not proven (responder.md §3a, §8 no. 2):
# were it the other way round, exchange the two numbers.
JOINED, CHANGED, REJOINED = 1, 2, 5
EVENTS: Mapping[str, tuple[int, ...]] = {"joined": (JOINED, REJOINED), "changed": (CHANGED,)}
SEND_TYPE = 2  # what a public client sends; what it stands for is not known (§8 no. 2)
REPORTED = ("email", "phone", "name")  # the fields that are known to be sent (§3a)
NO_LIST = "Make a list in Responder Live, or correct the option Lists that report. Then register again."
AND = ","  # between the ids of the webhooks that stand for one callback


class Callbacks:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def current(self, url: str) -> list[Callback]:
        """Ours as one, whatever the number of lists; each of others by itself."""
        hooks = [hook for list_id in self._lists() for hook in self.hooks(list_id)]
        ours = [hook for hook in hooks if _goes_to(hook, url)]
        others = [_callback([hook], str(hook.get("url"))) for hook in hooks if not _goes_to(hook, url)]
        return [*([_callback(ours, url, ours=True)] if ours else []), *others]

    def register(self, url: str) -> Callback:
        """Makes what is missing, and leaves every other webhook: a list may have any number of them."""
        made = [hook for list_id in self._lists() for hook in self._complete(list_id, url)]
        if not made:
            raise Rejected("No list can report.", help=NO_LIST)
        return _callback(made, url, ours=True)

    def remove(self, ids: str) -> None:
        for hook_id in filter(None, ids.split(AND)):
            try:
                self.api.send(Call("DELETE", f"{PATH}/{hook_id}"))
            except NotFound:
                continue

    def hooks(self, list_id: str) -> list[Record]:
        return [row for row in rows_of(self.api.get(PATH, [("list_id", list_id)])) if row.get(ID) and row.get("url")]

    def _lists(self) -> list[str]:
        """Those that the connection names; else all but computed ones and the one of everybody."""
        named = items_of(self.api.account.options.get("hook_lists"))
        known = self.names.lists
        own = [id for id, row in known.items() if not is_computed(row) and not is_on(row.get("is_all_lists"))]
        return [id for id in named if id in known] if named else own

    def _complete(self, list_id: str, url: str) -> Iterator[Record]:
        there = [hook for hook in self.hooks(list_id) if _goes_to(hook, url)]
        for word in EVENTS:
            body = hook_body(word, list_id, url)
            known = next((hook for hook in there if _is_same(hook, body)), None)
            yield known or self._make(body)

    def _make(self, body: Record) -> Record:
        answer = self.api.send(Call("POST", PATH, body=body)).json
        made = answer.get("createdId") or answer.get(ID) if isinstance(answer, dict) else None
        return {**body, ID: made or ""}


def hook_body(word: str, list_id: str, url: str) -> Record:
    """The keys of what it will send say what happened and on which list: nothing else in it does."""
    return {
        "list_id": number(list_id),
        "url": url,
        "name": f"Crosswalk {word} {list_id}",
        "webhooks_send_type_id": SEND_TYPE,
        "events": list(EVENTS[word]),
        "merges": {field: f"{word}_{list_id}_{field}" for field in REPORTED},
    }


def events_of(hook: Record) -> list[int]:
    return sorted(int(each) for each in items_of(hook.get("events")) if each.isdigit())


def _is_same(hook: Record, body: Record) -> bool:
    return hook.get("name") == body["name"] or events_of(hook) == sorted(body["events"])


def _goes_to(hook: Record, url: str) -> bool:
    return bool(url) and str(hook.get("url")).rstrip("/") == url.rstrip("/")


def _callback(hooks: list[Record], url: str, ours: bool = False) -> Callback:
    numbers = {event for hook in hooks for event in events_of(hook)}
    events = tuple(HOOK_EVENTS[word] for word, own in EVENTS.items() if numbers & set(own))
    ids = AND.join(str(hook[ID]) for hook in hooks if hook.get(ID))
    return Callback(ids, url, events, ours)
