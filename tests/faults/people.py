"""What a round's people do at the vendors, in an order of its own for each seed, and what is told of it by whom."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .postman import Letter, Postman, letter
from .sandbox import Sandbox

FIRST_NAMES = ("Dana", "נועה", "Omar", "Yael", "Tom", "דוד")
LAST_NAMES = ("Cohen", "לוי", "Haddad", "Berg", "Smith")
TAGS = ("vip", "demo_watched", "pricing_page_visited", "met_at_event")
DEEDS = {"rename": 4, "rename_back": 2, "tag": 2, "redeliver": 3, "convert": 1}  # how likely each is
LATE, TWICE, WITH_ID = 0.35, 0.3, 0.6


@dataclass
class Person:
    """One subscriber. `deeds` is decided before anything happens, so that a seed can be told again."""

    email: str
    names: list[str]
    deeds: list[str]
    chance: random.Random
    contact: dict[str, Any] = field(default_factory=dict)
    told: list[Letter] = field(default_factory=list)
    late: list[Letter] = field(default_factory=list)

    @property
    def opts_out(self) -> bool:
        return "unsubscribe" in self.deeds

    @property
    def name(self) -> str:
        return str(self.contact["name"])


def invent(seed: int, count: int) -> list[Person]:
    return [_person(f"p{seed}-{number}@example.com", random.Random(f"{seed}/{number}")) for number in range(count)]


def _person(email: str, chance: random.Random) -> Person:
    names = [f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}{number}" for number in ("", "-A", "-B")]
    deeds = ["subscribe", *chance.choices(list(DEEDS), list(DEEDS.values()), k=chance.randint(0, 4))]
    if chance.random() < 0.4:
        deeds += ["unsubscribe", *chance.choices(["redeliver", "come_back", "convert"], k=chance.randint(0, 2))]
    return Person(email, names, deeds, chance)


def play(people: list[Person], sandbox: Sandbox, postman: Postman) -> None:
    """All of them at once, each in their own order. Returns when every letter was acknowledged."""
    with ThreadPoolExecutor(len(people)) as crowd:
        for done in [crowd.submit(_live, person, sandbox, postman) for person in people]:
            done.result()


def _live(person: Person, sandbox: Sandbox, postman: Postman) -> None:
    for deed in person.deeds:
        action = ACTS[deed](person, sandbox)
        if action:
            _tell(person, _letter(person, action), postman)
    person.chance.shuffle(person.late)
    for late in person.late:
        postman.deliver(late)


def _letter(person: Person, action: str) -> Letter:
    named = person.chance.random() < WITH_ID
    id = f"{person.email}/{len(person.told)}" if named else ""
    return letter(person.contact, action, id, deed=len(person.told))


def _tell(person: Person, letter: Letter, postman: Postman) -> None:
    """At once or at the end, when newer things are known already; now and then both."""
    person.told.append(letter)
    is_late = person.chance.random() < LATE
    if is_late or person.chance.random() < TWICE:
        person.late.append(letter)
    if not is_late:
        postman.deliver(letter)


# Each act gives the action of the event that tells of it, "" for none.


def _subscribe(person: Person, sandbox: Sandbox) -> str:
    person.contact = sandbox.act("getresponse", "subscribe", email=person.email, name=person.names[0])
    return "subscribe"


def _rename(person: Person, sandbox: Sandbox, choices: slice = slice(1, None)) -> str:
    name = person.chance.choice(person.names[choices])
    person.contact = sandbox.act("getresponse", "rename", contactId=person.contact["contactId"], to=name)
    return "tag_applied"  # nothing else makes Crosswalk look at the contact again


def _rename_back(person: Person, sandbox: Sandbox) -> str:
    return _rename(person, sandbox, slice(0, 1))


def _tag(person: Person, sandbox: Sandbox) -> str:
    tag = person.chance.choice(TAGS)
    person.contact = sandbox.act("getresponse", "tag", contactId=person.contact["contactId"], tag=tag)
    return "tag_applied"


def _unsubscribe(person: Person, sandbox: Sandbox) -> str:
    sandbox.act("getresponse", "unsubscribe", contactId=person.contact["contactId"])
    return "unsubscribe"


def _come_back(person: Person, sandbox: Sandbox) -> str:
    """A newer opt-in, which waits for somebody's approval; nobody approves it."""
    person.contact = sandbox.act("getresponse", "subscribe", email=person.email, name=person.name)
    return "subscribe"


def _redeliver(person: Person, sandbox: Sandbox) -> str:
    person.late.append(person.chance.choice(person.told))
    return ""


def _convert(person: Person, sandbox: Sandbox) -> str:
    """By a salesperson, who finds the lead or does not."""
    sandbox.act("salesforce", "convert", email=person.email)
    return ""


ACTS: Mapping[str, Callable[[Person, Sandbox], str]] = {
    "subscribe": _subscribe,
    "rename": _rename,
    "rename_back": _rename_back,
    "tag": _tag,
    "unsubscribe": _unsubscribe,
    "come_back": _come_back,
    "redeliver": _redeliver,
    "convert": _convert,
}
