"""add_tags and remove_tags: tags are put on the person's record, or taken from it."""

from __future__ import annotations

from collections.abc import Sequence

from audit.ledger import identity_of
from audit.models import Change, Kind
from integrations.models import Connection

from ...texts import paths_of, render
from ...transforms.base import Noted
from ...transforms.lists import names
from ...values import items_of, text_of
from ..case import Case, Step
from .following import Subject, add_changes, change_about, label_of, last_done, with_subjects, written

TAGS = "tags"  # what every vendor calls them in a write


def plan_tags(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; the vendor itself leaves alone what is as wanted already."""
    connection = step.shop.connections[step.params["connection"]]
    done = last_done(connection, cases, Kind.TAG)
    planned = []
    for case, subject in with_subjects(step, connection, cases):
        tags = _tags(step, case)
        change = _change(step, case, connection, subject, tags)
        if not tags:
            case.reasons.append(f"{label_of(step)}: the event names none.")
        elif _is_done(change, done.get(change.person_id or "", [])):
            case.reasons.append(f"{label_of(step)}: this was the last thing done with these at {connection.name}.")
        else:
            planned.append((case, change))
    add_changes(planned)


def _tags(step: Step, case: Case) -> list[str]:
    """Each once, in the rule's order, by the name or id that the rule or the source has."""
    if "from" in step.params:
        found = names(case.lookup(step.params["from"])[1])
        said = [text_of(tag) for tag in items_of(found.value if isinstance(found, Noted) else found)]
    else:
        said = [str(render(tag, case.context()).value) for tag in step.params[TAGS]]
    return list(dict.fromkeys(tag.strip() for tag in said if tag.strip()))


def _is_done(change: Change, done: Sequence[Change]) -> bool:
    """For each tag, the last change that names it says the same."""
    for tag in change.diff[TAGS]["after"]:
        last = next((each for each in done if tag in each.diff.get(TAGS, {}).get("after", [])), None)
        if last is None or last.operation != change.operation:
            return False
    return True


def _change(step: Step, case: Case, connection: Connection, subject: Subject, tags: Sequence[str]) -> Change:
    texts = step.params.get(TAGS, [])
    source = step.params.get("from") or ", ".join(sorted(set().union(*map(paths_of, texts)))) or f"rule: {TAGS}"
    return change_about(
        step,
        case,
        connection,
        subject,
        object=subject.object,
        kind=Kind.TAG,
        record_id=subject.record_id,
        diff={TAGS: written(list(tags), source)},
        identity=identity_of(case.event.id, step.rule.name, step.position),
    )
