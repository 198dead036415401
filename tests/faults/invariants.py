"""What must hold after every round, whatever went wrong in it: nothing lost, doubled, undone, stuck or unaccounted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from audit.models import Attempt, AttemptResult, Change, ChangeState
from config.supervisor.runtime import RuntimeDirectory
from integrations.models import Event, EventState

from .installation import ALIAS, Installation
from .people import Person

SETTLED = {EventState.PLANNED, EventState.IGNORED, EventState.QUARANTINED}
FLAG = "HasOptedOutOfEmail"
Record = dict[str, Any]


@dataclass(frozen=True)
class Salesforce:
    """What the simulated org holds now."""

    leads: Sequence[Record]
    contacts: Sequence[Record]
    members: Sequence[Record]

    @classmethod
    def of(cls, installation: Installation) -> Salesforce:
        kinds = [installation.sandbox.records("salesforce", kind) for kind in ("Lead", "Contact", "CampaignMember")]
        return cls(*([record for record in kind if not record.get("IsDeleted")] for kind in kinds))

    def leads_of(self, person: Person) -> list[Record]:
        return [lead for lead in self.leads if lead["Email"] == person.email]

    def contacts_of(self, person: Person) -> list[Record]:
        return [contact for contact in self.contacts if contact.get("Email") == person.email]

    def memberships_of(self, person: Person) -> list[Record]:
        ids = {record["Id"] for record in [*self.leads_of(person), *self.contacts_of(person)]}
        return [member for member in self.members if ids & {member.get("LeadId"), member.get("ContactId")}]


def violations(installation: Installation, people: Sequence[Person], acknowledged: Collection[str]) -> list[str]:
    """Everything that is not as it must be, in words. Call when nothing is due any more."""
    salesforce = Salesforce.of(installation)
    found = [*_events(acknowledged), *_ledger()]
    for person in people:
        checks = (_arrival, _doubles, _opt_out)
        found += [f"{person.email}: {problem}" for check in checks for problem in check(person, salesforce)]
    return found


def _events(acknowledged: Collection[str]) -> Iterator[str]:
    stored = dict(Event.objects.using(ALIAS).filter(body_hash__in=acknowledged).values_list("body_hash", "state"))
    lost = set(acknowledged) - set(stored)
    if lost:
        yield f"{len(lost)} acknowledged events are not in the inbox."
    for event in Event.objects.using(ALIAS).exclude(state__in=SETTLED):
        yield f"The event {event.id} ({event.type}) is {event.state}: {event.reason}"


def _arrival(person: Person, salesforce: Salesforce) -> Iterator[str]:
    """Subscribers are there, by the name they have now; of those who left, any name they had."""
    leads, contacts = salesforce.leads_of(person), salesforce.contacts_of(person)
    living = [lead for lead in leads if not lead.get("IsConverted")] or contacts
    if not living:
        yield "never arrived at Salesforce."
    expected = set(person.names) if person.opts_out else {person.name}
    for record in living:
        name = f"{record['FirstName']} {record['LastName']}"
        if name not in expected:
            yield f"is {name} at Salesforce, not {expected}."


def _doubles(person: Person, salesforce: Salesforce) -> Iterator[str]:
    for label, records in (("leads", salesforce.leads_of(person)), ("contacts", salesforce.contacts_of(person))):
        if len(records) > 1:
            yield f"has {len(records)} {label}."
    members = salesforce.memberships_of(person)
    if len(members) > 1 or (not members and not person.opts_out):
        yield f"is {len(members)} times in the campaign."


def _opt_out(person: Person, salesforce: Salesforce) -> Iterator[str]:
    """Whoever said stop is left alone; nobody else is. A converted lead can be mailed no more."""
    leads = [lead for lead in salesforce.leads_of(person) if not lead.get("IsConverted")]
    for record in [*leads, *salesforce.contacts_of(person)]:
        if bool(record.get(FLAG)) != person.opts_out:
            yield f"said {'stop' if person.opts_out else 'nothing'}, but {FLAG} is {record.get(FLAG)}."


def _ledger() -> Iterator[str]:
    changes = Change.objects.using(ALIAS)
    said = Attempt.objects.using(ALIAS).filter(change=OuterRef("pk"), result=AttemptResult.APPLIED)
    for change in changes.filter(state=ChangeState.APPLIED).exclude(Exists(said), attempts__gte=1):
        yield f"The change {change.id} ({change.operation}) is applied, but no attempt says so."
    for change in changes.filter(state=ChangeState.FAILED):
        yield f"The change {change.id} ({change.operation} {change.object}) failed: {change.error}"
    open_attempts = (
        Attempt.objects.using(ALIAS).filter(result=AttemptResult.SENDING).exclude(change__state=ChangeState.SENDING)
    )
    for change_id, count in Counter(open_attempts.values_list("change", flat=True)).items():
        yield f"{count} attempts of the change {change_id} never ended."


def what_happened(installation: Installation) -> dict[str, int]:
    """How much work there was, and how much of it was begun more than once."""
    attempts = Attempt.objects.using(ALIAS)
    return {
        "events": Event.objects.using(ALIAS).count(),
        "events heard again": Event.objects.using(ALIAS).filter(repeats__gt=0).count(),
        "events planned more than once": Event.objects.using(ALIAS).filter(attempts__gt=1).count(),
        "changes": Change.objects.using(ALIAS).count(),
        "attempts": attempts.count(),
        "attempts tried again": attempts.filter(result=AttemptResult.LATER).count(),
        "attempts whose worker died": attempts.filter(result=AttemptResult.CRASHED).count(),
        "processes started again": len(RuntimeDirectory(installation.home / "run").restarts(last=10_000)),
    }
