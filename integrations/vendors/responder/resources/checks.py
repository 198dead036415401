"""The connection test of a Responder Live account: reads only, and tells what it saw where nobody is sure.

The lines "Seen" answer the open questions of responder.md §8: a user with a real account can send them to us.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ...base import Check, Record
from ...errors import CrosswalkError
from ...http import Answer, Call
from ..capabilities import CAPABILITIES
from ..client import Api, rows_of
from ..fields import ACCOUNT_FIELDS, ID, SMS_FIELDS, account_level, plain_text
from .callbacks import Callbacks, events_of
from .names import Names, is_computed
from .rows import subscriber_path
from .subscribers import Subscribers, one_of

NAMES_SHOWN = 5
SAMPLE = 20
LIMIT_HEADER = re.compile(r"ratelimit|rate-limit|retry-after", re.I)
TELL_US = "This is not proven in general: please tell us what this line says."
NOT_SEEN = "Only a write shows it, and a test writes nothing"
UNSEEN = (
    ("adding somebody", "rejoin: false and override: true are always sent (4)"),
    ("adding somebody twice", "the answer may say duplicate, already, or nothing (5)"),
    ("tags", "added with tag_id and subscriber_ids; taking one away is not offered (3)"),
)


class Checks:
    def __init__(self, api: Api, names: Names, subscribers: Subscribers, url: str) -> None:
        self.api = api
        self.names = names
        self.subscribers = subscribers
        self.url = url
        self._sample: list[Record] = []
        self._answer: Answer | None = None
        self._hooks: list[Record] = []

    def run(self) -> list[Check]:
        """The account first: without a token nothing else can be read."""
        account = self._look("Account", self._account)
        if not account.ok:
            return [account]
        looks: dict[str, Callable[[], Check]] = {
            "Lists": self._lists,
            "Subscribers": self._subscribers,
            "Tags": lambda: _shown("Tags", list(self.names.tags.values()), "tag"),
            "Personal fields": lambda: _shown("Personal fields", list(self.names.field_names.values()), "field"),
            "Webhooks": self._webhooks,
        }
        return [account, *(self._look(name, look) for name, look in looks.items()), *self._seen(), self._events()]

    def _look(self, name: str, look: Callable[[], Check]) -> Check:
        try:
            return look()
        except CrosswalkError as error:
            return Check(name, False, error.message, error.help)

    def _account(self) -> Check:
        """A call as well: a token alone proves nothing once it is kept."""
        self._answer = self.api.get("lists", [("limit", "1"), ("offset", "0")])
        said = self.api.token().facts.get("name") or "the account"
        return Check("Account", True, f"Connected to {said}.")

    def _lists(self) -> Check:
        rows = self.names.lists
        lists = [f"{plain_text(r.get('name'))} ({id}{', dynamic' if is_computed(r) else ''})" for id, r in rows.items()]
        help = "" if lists else "Make a list in Responder Live."
        return Check("Lists", bool(lists), shown(lists, "list"), help)

    def _subscribers(self) -> Check:
        """The first few in full: what a page holds of them and what a read holds may differ."""
        answer = self.api.get("subscribers", [("limit", str(SAMPLE)), ("offset", "0")])
        rows = rows_of(answer)
        ids = [str(row.get("subscriber_id") or row.get(ID)) for row in rows[:3]]
        full = self.api.find_each([Call("GET", subscriber_path(id)) for id in ids])
        self._sample = [*filter(None, (one_of(each) for each in full if each)), *rows]
        self._answer = answer
        return Check("Subscribers", True, "Can be read." if rows else "Can be read: there are none yet.")

    def _webhooks(self) -> Check:
        callbacks = Callbacks(self.api, self.names)
        found = callbacks.current(self.url)
        self._hooks = [hook for id in list(self.names.lists)[:NAMES_SHOWN] for hook in callbacks.hooks(id)]
        if any(callback.ours for callback in found):
            return Check("Webhooks", True, "Lists report to Crosswalk.", required=False)
        help = "Press Register this connection, or make webhooks in Responder Live that go to this connection's URL."
        return Check("Webhooks", False, "No list reports to Crosswalk.", help, required=False)

    # --- what is not proven ---------------------------------------------------------------------------------------

    def _seen(self) -> list[Check]:
        token, definitions = self.api.token(), self._definitions()
        unseen = "; ".join(f"{what}: {said}" for what, said in UNSEEN)
        lines = {
            "opt-out (1)": f"fields {_fields(self._sample, ACCOUNT_FIELDS)}; understood as {self._levels()}",
            "SMS opt-out (10)": f"fields {_fields(self._sample, SMS_FIELDS)}; all with sms: {self._with('sms')}",
            "webhooks (2)": self._hook_facts(),
            "limits (6)": f"headers {_list(h for h in self._headers() if LIMIT_HEADER.search(h))}",
            "phone numbers (7)": f"forms {_counted(_form(each) for each in self._phones())}",
            "account id (8)": f"{'one' if token.facts.get('account_id') else 'none'} came with the token; never sent",
            "address (9)": f"{self._host()} answers",
            "token": f"named {token.facts.get('token_field', 'unknown')}; its end by {token.facts.get('expiry', '?')}",
            "personal fields": f"fields {_keys(definitions)}; types {_types(definitions)}",
            "fields of a subscriber": _keys(self._sample),
        }
        seen = [Check(f"Seen: {name}", True, f"{text}.", TELL_US, required=False) for name, text in lines.items()]
        return [*seen, Check("Not looked at", True, f"{NOT_SEEN}: {unseen}.", required=False)]

    def _levels(self) -> str:
        return _counted(account_level(row) or "unknown" for row in self._sample)

    def _with(self, part: str) -> str:
        return _list(sorted({name for row in self._sample for name in row if part in name.lower()}))

    def _hook_facts(self) -> str:
        types = _counted(str(hook.get("webhooks_send_type_id", "unsaid")) for hook in self._hooks)
        return f"send types {types}; events {_counted(str(e) for hook in self._hooks for e in events_of(hook))}"

    def _definitions(self) -> list[Record]:
        """As far as they could be read before."""
        held: dict[str, Record] = self.names.__dict__.get("definitions", {})
        return list(held.values())

    def _phones(self) -> list[str]:
        return [str(row["phone"]) for row in self._sample if row.get("phone")]

    def _headers(self) -> list[str]:
        return list(self._answer.headers) if self._answer else []

    def _host(self) -> str:
        return re.sub(r"^https?://", "", self.api.address)

    def _events(self) -> Check:
        kinds = ("pushed", "polled", "invisible")
        seen = {kind: [e.type for e in CAPABILITIES.events if e.seen == kind] for kind in kinds}
        return Check("Events", True, "; ".join(f"{k}: {', '.join(t)}" for k, t in seen.items()) + ".", required=False)


def _form(phone: str) -> str:
    """0XX-XXXXXXX: the shape of a number without the number."""
    shape = re.sub(r"\d", "X", phone)
    return f"0{shape[1:]}" if phone.startswith("0") else shape


def _fields(rows: Sequence[Record], names: Sequence[str]) -> str:
    """Each of these with the values that stand in it: words and numbers of the vendor, nothing of a person."""
    values = {name: {str(row[name])[:20] for row in rows if name in row} for name in names}
    return _list(f"{name} ({', '.join(sorted(held))})" for name, held in values.items() if held)


def _keys(rows: Sequence[Record]) -> str:
    return _list(sorted({name for row in rows for name in row}))


def _types(rows: Sequence[Record]) -> str:
    return _counted(str(row.get("type")) for row in rows)


def _counted(words: Iterable[str]) -> str:
    return _list(f"{word} ({count})" for word, count in sorted(Counter(words).items()))


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"


def _shown(line: str, names: list[str], noun: str) -> Check:
    return Check(line, True, shown(names, noun), required=False)


def shown(names: list[str], noun: str) -> str:
    """How many there are, and the first few by name."""
    count = f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
    more = ", …" if len(names) > NAMES_SHOWN else ""
    return f"{count}: {', '.join(names[:NAMES_SHOWN])}{more}." if names else f"No {noun}."
