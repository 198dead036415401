"""notify: people of the team are told, once for each event, and not again and again of the same person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from audit.ledger import identity_of
from audit.notifications.models import Notification
from audit.notifications.recording import Told, notification, recorded, told_lately
from audit.notifications.targets import is_address
from integrations.lookups import known_entries, lookups_of
from integrations.models import Connection, Event, EventSource
from integrations.vendors.lookups import Entry

from ...spec.parameters import words_of
from ...spec.spans import span_of
from ...texts import paths_of, render
from ..case import Case, Step
from .acts import family, not_repeated
from .assignees import stands_for
from .following import label_of
from .wording import said


class Recipient(NamedTuple):
    to: str
    is_filled: bool  # a placeholder gave it


def plan_notify(step: Step, cases: Sequence[Case]) -> None:
    """One notification per event and recipient. No vendor is asked, and nothing is written to one."""
    acting, users = not_repeated(step, cases), Users(step.shop.connections[step.rule.connection])
    lately = _told_lately(step, acting)
    for case in acting:
        found = list(dict.fromkeys(_recipients(step, case, users)))
        if not found:
            case.reasons.append(f"{label_of(step)}: nobody to tell, {', '.join(step.params['to'])} is empty.")
        for recipient in found:
            if _is_news(step, case, recipient.to, lately):
                case.notices.append(_notice(step, case, recipient))


def _notice(step: Step, case: Case, recipient: Recipient) -> Notification:
    return notification(
        recipient.to,
        said(step, case, "subject") or step.rule.name,
        said(step, case, "body"),
        str(step.params.get("digest", "")),
        is_filled=recipient.is_filled,
        identity=_identity(step, case.event, recipient.to),
        person=case.person,
        event=case.event.id,
        rule=step.rule.name,
        position=step.position,
    )


def _identity(step: Step, event: Event, to: str) -> str:
    return identity_of("notify", event.id, step.rule.name, step.position, to)


# --- once -------------------------------------------------------------------------------------------------------


def _told_lately(step: Step, cases: Sequence[Case]) -> set[Told]:
    quiet = step.params.get("quiet")
    people = [case.person for case in cases if case.person]
    if not quiet or not people:
        return set()
    return told_lately(people, step.rule.name, step.position, span_of(quiet))


def _is_news(step: Step, case: Case, to: str, lately: set[Told]) -> bool:
    """False, with the reason, when this was told before: of this event, or of this person a short while ago."""
    if case.person and (case.person.pk, to) in lately:
        span = step.params["quiet"]
        case.reasons.append(f"{label_of(step)}: {to} was told of this person by this rule within {span}.")
        return False
    if case.event.source != EventSource.REPLAY:
        return True
    if recorded([_identity(step, event, to) for event in family(case.event)]):
        case.reasons.append(f"{label_of(step)}: {to} was told of this event before.")
        return False
    return True


# --- who --------------------------------------------------------------------------------------------------------


class Users:
    """The users of one connection, as they were read last; nobody is asked."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.look_up = next((each for each in lookups_of(connection.vendor) if each.kind == "user"), None)

    @cached_property
    def entries(self) -> Sequence[Entry]:
        return known_entries(self.connection, self.look_up) if self.look_up else ()

    def address_of(self, user: str) -> str:
        """The e-mail address of the one user who has this id or name; "" when it is not known."""
        look_up = self.look_up
        found = [each for each in self.entries if look_up and stands_for(each, user, look_up)]
        facts = found[0].facts if len(found) == 1 else ()
        return next((fact.lower() for fact in facts if is_address(fact)), "")


def _recipients(step: Step, case: Case, users: Users) -> Iterator[Recipient]:
    """Addresses and channels as the rule names them, or as its placeholders say; a user becomes their address."""
    for text in step.params["to"]:
        is_filled = bool(paths_of(text))
        for word in words_of(str(render(text, case.context()).value)):
            known = users.address_of(word) if is_filled and "@" not in word else ""
            yield Recipient((known or word).lower()[:320], is_filled)
