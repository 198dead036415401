"""The seam between the engine and a vendor: what a vendor package gives, and what it is given.

Plain Python: no Django, no database, no queue. The engine reads `Vendor.capabilities`; it never tries and sees.
Records are plain dicts in the vendor's own field names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from .abilities import Capabilities as Capabilities  # the seam is imported from here, all of it
from .abilities import Channel as Channel
from .abilities import Credential as Credential
from .abilities import EventCapability as EventCapability
from .abilities import NoteForm as NoteForm
from .abilities import OAuth as OAuth
from .abilities import ObjectCapability as ObjectCapability
from .abilities import Operation as Operation
from .abilities import OptOutField as OptOutField
from .abilities import Seen as Seen
from .abilities import TaskForm as TaskForm
from .abilities import Watch as Watch
from .errors import CrosswalkError, Unsupported
from .lookups import Entry

Record = dict[str, Any]


# --- what the engine gives a vendor's client --------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """One authenticated account at a vendor, as the client needs it. `name` is the connection's name."""

    name: str
    base_url: str  # "" means the vendor's own address
    credentials: Mapping[str, Any] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: str = "production"
    read_only: bool = False


@dataclass(frozen=True)
class Token:
    """An access token. `facts` holds what came with it (`instance_url`).

    `expires_at` is None when the vendor does not say.
    """

    value: str = field(repr=False)
    expires_at: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


class TokenStore(Protocol):
    """Where access tokens live, shared by all workers."""

    def current(self) -> Token | None: ...

    def last(self) -> Token | None:
        """The newest one, also when it is over: its facts may hold what the next one is asked for with."""
        ...

    def put(self, token: Token) -> None:
        """Store this one at once: what renews it is good once, and must not be lost with what comes after it."""
        ...

    def renew(self, fetch: Callable[[], Token], stale: Token | None) -> Token:
        """Call `fetch` under a lock unless another worker already replaced `stale`; return what is stored then."""
        ...


class Budget(Protocol):
    """What may still be spent of the vendor's rate limits, shared by all workers."""

    def spend(self, calls: int = 1) -> None:
        """Take `calls` from the budget before making them. Raises RateLimited when there is not enough."""
        ...

    def learn(
        self,
        used: int | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        reset: timedelta | None = None,
    ) -> None:
        """Note what the vendor's answer said about its limits."""
        ...


@dataclass(frozen=True)
class Exchange:
    """One HTTP call as the audit log keeps it: already redacted, bodies cut to 8 kB."""

    method: str
    url: str
    status: int | None
    milliseconds: int
    request: str = ""
    response: str = ""


class Journal(Protocol):
    def note(self, exchange: Exchange) -> None: ...


@dataclass(frozen=True)
class Services:
    """Everything a client may use beside its account."""

    tokens: TokenStore
    budget: Budget
    journal: Journal


# --- webhooks in ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inbound:
    """One HTTP request to our webhook URL. Header names are lower case; `query` keeps the order and repeats.

    `options` are the connection's: what it says about reading the request. `received_at` is the time by our clock.
    """

    method: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    body: bytes
    content_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """What one element of a webhook says.

    `type` is one of our event names (design §5.5) or "" when the vendor's type is unknown to us: stored and ignored.
    `record` is what the event itself holds of the record, in the field names of the vendor's API.
    `context` is what only the event can know: message, link, tag, list, who.
    `vendor_event_id` is the same on every redelivery; "" when the vendor has none.
    `content` is the element itself as JSON-able data: what the event keeps, and what equal content is told by.
    `email` and `phone` are as the vendor wrote them. `unreadable` is the reason for quarantine, else "".
    `account` is the vendor's name of the account that it is about, where one URL gets those of several, and only when
    the call proves it; "": the account of the URL.
    """

    type: str
    vendor_type: str
    object: str
    record_id: str
    content: Any
    vendor_event_id: str = ""
    occurred_at: datetime | None = None
    record: Record = field(default_factory=dict)
    context: Record = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    unreadable: str = ""
    account: str = ""


@dataclass(frozen=True)
class Look:
    """One look at what a vendor does not report.

    `cursor` is where the last look ended, "" at the first: then nothing is news yet, and the answer says from where.
    `now` is the time by our clock. `wanted` holds the events that somebody listens to. `recall` gives what earlier
    looks left in `Glance.states`: of (object, record ids), by record id.
    """

    key: str
    cursor: str
    now: datetime
    wanted: frozenset[str]
    recall: Callable[[str, Sequence[str]], dict[str, Record]]


@dataclass(frozen=True)
class Glance:
    """What one look found. Notices, cursor and states are stored together or not at all; `more`: look on at once.

    The same notice may come again, so each has a `vendor_event_id` that is the same then.
    """

    notices: Sequence[Notice]
    cursor: str
    more: bool = False
    states: Mapping[tuple[str, str], Record] = field(default_factory=dict)  # by (object, record id), to be recalled


class Webhooks(Protocol):
    """Is this call authentic, and what does it say. Pure: no network, no clock."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        """Raise Forged unless the call is authentic. Vendors without signatures return at once.

        The URL's token is the proof.
        """
        ...

    def parse(self, inbound: Inbound) -> list[Notice]:
        """One notice per element; an element nobody can read has `unreadable` set.

        Raises Unreadable for the body as a whole.
        """
        ...


# --- records in and out -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One field of an object as the vendor describes it. Lengths count code points; None means not limited."""

    name: str
    label: str = ""
    # String text number integer boolean date datetime email phone url picklist multipicklist reference list object
    type: str = "string"
    length: int | None = None
    createable: bool = True
    updateable: bool = True
    required: bool = False  # must be given on create
    choices: tuple[str, ...] = ()
    restricted: bool = False  # values outside `choices` are refused
    custom: bool = False
    unique_key: bool = False  # can be used to upsert by
    adds: bool = False  # what is written is added to what is there; taking away is another operation


@dataclass(frozen=True)
class Write:
    """One intended write. `id` is the change's id, given back in the outcome.

    `operation`: upsert create update delete add_to_campaign remove_from_campaign create_task add_tags ...
    `record_id` addresses an existing record; else `key` (field, value) is an external key to upsert by.
    `params` holds what is not a field: {"campaign": ..., "status": ...}; {"parent": [object, id]} of tasks and notes.
    `retry` is True when an earlier attempt's outcome is unknown: creates without a key must be looked up first.
    `first_attempt_at` is then since when the record may be there. `unanswered`: no attempt was answered `Accepted`, so
    the vendor may never have seen it.
    """

    id: str
    object: str
    operation: str
    values: Record
    record_id: str = ""
    key: tuple[str, str] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    retry: bool = False
    first_attempt_at: datetime | None = None
    unanswered: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one write. Exactly one of `record_id` and `error` says so; `created` is None when unknown."""

    id: str
    record_id: str = ""
    created: bool | None = None
    error: CrosswalkError | None = None
    response: Any = None  # the vendor's own answer for this row, small and redacted


@dataclass(frozen=True)
class Found:
    """One record found at a vendor.

    `moved_to` is (object, record_id) when it lives on as another record (converted lead).
    """

    object: str
    record_id: str
    record: Record
    moved_to: tuple[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """One page of a listing; `cursor` is "" on the last one."""

    records: Sequence[Record]
    cursor: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Check:
    """One line of a connection test: what was looked at, whether it works, and what to do when it does not."""

    name: str
    ok: bool
    detail: str
    help: str = ""
    required: bool = True


@dataclass(frozen=True)
class Callback:
    """One webhook registered at the vendor. `ours` is True when its URL is the connection's own."""

    id: str
    url: str
    events: tuple[str, ...]
    ours: bool = False


class Client:
    """One vendor account. The inherited default of every operation says Unsupported.

    Reads raise TransientError, ConfigurationError or RecordError for the call as a whole.
    `write` never raises for a row: each row has its own outcome; it raises only when the whole call failed
    before anything was sent (RateLimited, Unavailable, AuthenticationFailed) or OutcomeUnknown for all of it.
    """

    def __init__(self, account: Account, services: Services) -> None:
        self.account = account
        self.services = services

    def check(self, url: str = "") -> list[Check]:
        """Look at the account read-only: what works, which permissions and fields are missing, what the budget is."""
        raise self._unsupported("check")

    def describe(self, object: str) -> list[Field]:
        """All fields of an object, standard and custom."""
        raise self._unsupported("describe")

    def look_up(self, key: str) -> Iterator[Entry]:
        """The entries of one look-up of the capabilities; pages are asked for as they are needed."""
        raise self._unsupported(f"a list of {key}")

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        """Full records by id; a missing id is a record that is gone."""
        raise self._unsupported("read")

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        """Records whose `field` equals one of `values`; as few calls as the vendor allows. Compares exactly."""
        raise self._unsupported("find")

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Records of which at least one of several fields equals one of its values; each record once."""
        raise self._unsupported("find_any")

    def page(
        self, object: str, cursor: str = "", since: datetime | None = None, filters: Mapping[str, str] | None = None
    ) -> Page:
        """One page of an object's records, oldest first, optionally changed since."""
        raise self._unsupported("page")

    def count(self, object: str, since: datetime | None = None, filters: Mapping[str, str] | None = None) -> int | None:
        """How many records `page` would list, in one call; None where the vendor does not say."""
        return self.page(object, "", since, filters).total

    def watch(self, look: Look) -> Glance:
        """One look at one watch of the capabilities: a page at the most."""
        raise self._unsupported(f"a watch of {look.key}")

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        """Run one operation of the catalogue that is not a write of a record; returns the vendor's answer."""
        raise self._unsupported(operation)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Carry out writes to one object; as few calls as the vendor allows; outcomes in the same order."""
        raise self._unsupported("write")

    def open_load(self, writes: Sequence[Write]) -> str:
        """Announce one load of many upserts, or of many updates, of one object and key; the vendor's id of it.

        Nothing begins yet. Raises when there will be no such load.
        """
        raise self._unsupported("loads")

    def fill_load(self, load: str, writes: Sequence[Write]) -> None:
        """Hand over the writes that it was opened with, and let it begin; asked once. When this raises, look at it."""
        raise self._unsupported("loads")

    def look_at_load(self, load: str, writes: Sequence[Write]) -> list[Outcome] | None:
        """The outcome of each of its writes; None while it is under way. One that never began will not.

        Raises NotFound when the vendor knows nothing of it any more.
        """
        raise self._unsupported("loads")

    def callbacks(self, url: str) -> list[Callback]:
        """The webhooks registered at the vendor; those that go to `url` are ours."""
        raise self._unsupported("callbacks")

    def register_callback(self, url: str, force: bool = False) -> Callback:
        """Register our webhook. Raises Conflict when a foreign one is in the way, unless `force`."""
        raise self._unsupported("register_callback")

    def remove_callback(self, callback_id: str) -> None:
        raise self._unsupported("remove_callback")

    def _unsupported(self, what: str) -> Unsupported:
        return Unsupported(f"{self.account.name} does not offer {what}.")

    def iterate(
        self, object: str, since: datetime | None = None, filters: Mapping[str, str] | None = None
    ) -> Iterator[Record]:
        """All records of an object, page after page."""
        cursor = ""
        while True:
            page = self.page(object, cursor, since, filters)
            yield from page.records
            if not page.cursor:
                return
            cursor = page.cursor


@dataclass(frozen=True)
class Vendor:
    """One kind of system that a connection can stand for."""

    slug: str
    label: str
    docs_url: str
    default_base_url: str
    capabilities: Capabilities
    credentials: tuple[Credential, ...]
    options: tuple[Credential, ...]
    operations: tuple[Operation, ...]
    webhooks: Webhooks
    connect: Callable[[Account, Services], Client]
    identify: Callable[[str, Record], tuple[str, str]]  # (object, record) -> (email, phone), "" when absent
    # The person's own act of opting in, with its time; None when it was not theirs
    opted_in_at: Callable[[Record, Mapping[str, Any]], datetime | None]
    path: Callable[[Record, str], tuple[bool, Any]]  # (record, "customFields.company") -> (is it there, value)
    oauth: OAuth | None = None
    account_option: str = ""  # the option that holds a connection's account as notices name it: one URL serves several
    acknowledgement: tuple[str, str] | None = None  # what a stored webhook is answered instead of JSON: (body, type)
    unkept: re.Pattern[bytes] | None = None  # what of a webhook's body is never stored: a session that came along
