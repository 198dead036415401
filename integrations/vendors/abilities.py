"""What a vendor can do, as data: the engine reads it, and never tries and sees. Plain Python, as all of the seam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from .lookups import LookUp

if TYPE_CHECKING:
    from .base import Account, Services, Token

Channel = Literal["email", "sms", "call", "whatsapp", "all"]
Seen = Literal["pushed", "polled", "invisible"]


@dataclass(frozen=True)
class OptOutField:
    """How one object shows one channel's opt-out. `source` says where that is written."""

    object: str
    channel: Channel
    field: str  # the field that is set
    stop: Any  # its value for "do not contact"
    date_field: str = ""  # written with the time of the opt-out, where the vendor has it
    email_field: str = "Email"  # finds further records of the same address
    go: Any = False  # its value for "may be contacted"; written only after a newer, explicit opt-in


@dataclass(frozen=True)
class ObjectCapability:
    """What can be done with one object. `keys` are how records can be upserted.

    "external" (any unique field), "" none.
    """

    name: str
    kind: str  # contact task note tag campaign appointment message other
    reads: tuple[str, ...] = ()  # read find page
    writes: tuple[str, ...] = ()  # upsert create update delete ...
    id_field: str = "Id"  # where a record holds its own id
    batch: int = 1  # rows one call takes
    # Writes that would subscribe or re-add a person: held while an opt-out is unfinished. A write of a record that is
    # there does so only when it moves it elsewhere (`one_per`).
    subscribing: tuple[str, ...] = ()
    one_per: str = ""  # a person has one record for each value of this field: GetResponse's list
    addresses: Mapping[str, str] = field(default_factory=dict)  # {"email": "Email", "phone": "Phone"}
    found_by_email: bool = False  # its events may hold no id: the one record of the address is meant
    modified_field: str = ""  # when the record was changed last, whoever changed it
    made_field: str = ""  # when the record was made: nothing that is said of it happened before
    name_fields: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)  # fields that name the record it is about: {field: object}
    nested: bool = False  # a record is reached by way of the one that it is about: every write says which that is
    load_from: int = 0  # so many upserts or updates of one kind are cheaper as a load; 0: there are no loads
    load_unless: tuple[str, ...] = ()  # options of the connection that a load could not keep to
    source: str = ""


@dataclass(frozen=True)
class EventCapability:
    """How an event is seen. `note` says how soon and why, in words for the administrator."""

    type: str
    seen: Seen
    note: str = ""


@dataclass(frozen=True)
class Watch:
    """Something that is looked at again and again, because the vendor reports it late, in part, or not at all.

    It is looked at while a rule that is on listens to one of `events`. `every`: how often, unless the connection's
    option `watch` says otherwise.
    """

    key: str
    label: str
    events: tuple[str, ...]
    every: timedelta
    source: str = ""


@dataclass(frozen=True)
class TaskForm:
    """How an object holds a task: the field of each part, "" where it has none.

    A write of a task carries `params["parent"]`: the (object, record id) that it is about.
    """

    object: str
    title: str
    body: str = ""
    due: str = ""
    due_is_date: bool = False  # a day without a time of day
    due_default: timedelta | None = None  # after now, where the vendor wants one and the rule says none
    assignee: str = ""
    priority: str = ""
    status: str = ""
    done: Any = None  # the status of a completed task
    open: Any = None  # the status of one that is not


@dataclass(frozen=True)
class NoteForm:
    """How an object holds a note. A write of a note carries `params["parent"]`, as that of a task does."""

    object: str
    body: str
    title: str = ""
    html: bool = False  # the body is HTML: text is escaped


@dataclass(frozen=True)
class Capabilities:
    objects: tuple[ObjectCapability, ...]
    events: tuple[EventCapability, ...]
    limits: tuple[tuple[int, timedelta], ...]  # the vendor's own: (calls, per)
    opt_outs: tuple[OptOutField, ...] = ()
    callbacks: bool = False  # webhooks can be managed by API
    consent_paths: tuple[str, ...] = ()  # what `opted_in_at` reads of a record
    campaign_object: str = ""  # the object that add_to_campaign writes ("CampaignMember")
    lookups: tuple[LookUp, ...] = ()  # what a person chooses from, by name
    watches: tuple[Watch, ...] = ()
    task: TaskForm | None = None
    notes: tuple[NoteForm, ...] = ()  # the first, unless the connection's option `note_object` names another
    other: ObjectCapability | None = None  # what can be done with an object that is not among `objects`; None: nothing
    parallel: int = 4  # calls at once
    source: str = ""

    @property
    def only_tells(self) -> bool:
        """Nothing is read or written there: it calls us, and is never called."""
        return not any(each.reads or each.writes for each in self.objects)

    @property
    def has_loads(self) -> bool:
        return any(each.load_from for each in self.objects)

    def can_read(self, object: str) -> bool:
        """Whether its records can be read by id."""
        found = self.object(object)
        return found is not None and "read" in found.reads

    def object(self, name: str) -> ObjectCapability | None:
        listed = next((o for o in self.objects if o.name == name), None)
        return listed or (replace(self.other, name=name) if self.other and name else None)

    def lookup(self, key: str) -> LookUp | None:
        return next((each for each in self.lookups if each.key == key), None)

    def watch(self, key: str) -> Watch | None:
        return next((each for each in self.watches if each.key == key), None)


@dataclass(frozen=True)
class Credential:
    """One thing to enter on the connection page. `secret` ones are written and never shown again.

    `once`: its first use uses it up, and what comes of that must be kept.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = True
    required: bool = True
    choices: tuple[str, ...] = ()
    table: bool = False  # names and what each stands for: "a = b; c = d", in a configuration file also as a table
    once: bool = False


@dataclass(frozen=True)
class OAuth:
    """How a person signs in at the vendor in the browser.

    `ready`: what that needs has been entered. `authorize_url`: where to go, of (account, our callback URL, state).
    `exchange` makes the code that comes back into a token, of (account, services, code, our callback URL).
    `keeps_state`: the vendor gives the state back. One that may not is believed without, in the session that began.
    """

    label: str
    ready: Callable[[Account], bool]
    authorize_url: Callable[[Account, str, str], str]
    exchange: Callable[[Account, Services, str, str], Token]
    keeps_state: bool = True


@dataclass(frozen=True)
class Operation:
    """One entry of a vendor's catalogue. `kind`: trigger, action or lookup.

    `repeatable`: doing it twice is as good as once, so that a call whose answer was lost is simply made again.
    `subscribing`: it adds a person somewhere, or writes to them; held while they are opted out.
    """

    key: str
    kind: Literal["trigger", "action", "lookup"]
    label: str
    method: str = ""
    path: str = ""
    scope: str = ""
    parameters: tuple[str, ...] = ()
    source: str = ""
    repeatable: bool = False
    subscribing: bool = False
