"""Which record a change is about: known when it was planned, or learned since from a link or from its maker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.models import Link
from integrations.vendors.registry import vendor

from .models import Change, Kind

# The param that names the record which a membership, task or note is about: [object, record id].
PLACES: dict[str, str] = {Kind.CAMPAIGN: "member", Kind.TASK: "parent", Kind.NOTE: "parent"}
# Written to a record that is there.
ABOUT_A_RECORD = frozenset(
    {"add_tags", "remove_tags", "increment", "delete"}
    | {"update_task", "complete_task", "delete_task", "update_note", "delete_note"}
)


def place_in(change: Change) -> str:
    """The param that names the record which it is about; "" for a change of a record itself."""
    return "" if change.operation in ABOUT_A_RECORD else PLACES.get(change.kind, "")


def address(changes: Sequence[Change]) -> None:
    """Records that were made since these changes of one connection were planned are known now."""
    for change in changes:
        if not change.record_id and change.operation in ABOUT_A_RECORD and change.depends_on is not None:
            change.object, change.record_id = change.depends_on.object, change.depends_on.record_id
    _by_parent([c for c in changes if c.record_id and c.person_id and _is_reached_by_parent(c)])
    made = [c for c in changes if c.operation in ("upsert", "update") and c.kind not in PLACES]
    _by_link([c for c in made if not c.record_id and c.person_id])


def _is_reached_by_parent(change: Change) -> bool:
    capability = vendor(change.connection.vendor).capabilities.object(change.object)
    return bool(capability and capability.nested) and not change.params.get(PLACES.get(change.kind, ""))


def _by_parent(changes: Sequence[Change]) -> None:
    """What is about somebody's one record there is reached by that; of several, the vendor has to know which."""
    if not changes:
        return
    kind = vendor(changes[0].connection.vendor)
    objects = [each.name for each in kind.capabilities.objects if each.kind == Kind.CONTACT]
    links = Link.objects.filter(
        person_id__in={c.person_id for c in changes}, connection_id=changes[0].connection_id, object__in=objects
    )
    places: dict[str, list[list[str]]] = {}
    for link in links.filter(gone_at=None, moved_to__isnull=True).order_by("id"):
        places.setdefault(link.person_id, []).append([link.object, link.record_id])
    for change in changes:
        theirs = places.get(change.person_id or "", [])
        if len(theirs) == 1:
            change.params = {**change.params, PLACES[change.kind]: theirs[0]}


def _by_link(changes: Sequence[Change]) -> None:
    if not changes:
        return
    known = _known(changes)
    for change in changes:
        spot = (change.person_id or "", change.object, place_of(change, change.known))
        change.record_id = known.get(spot, "")


def _known(changes: Sequence[Change]) -> dict[tuple[str, str, Any], str]:
    """Record ids by person, object and place; under the place None any of the person's."""
    links = Link.objects.filter(
        person_id__in={c.person_id for c in changes},
        connection_id=changes[0].connection_id,
        gone_at=None,
        moved_to__isnull=True,
    )
    return {
        (link.person_id, link.object, place): link.record_id
        for link in links.order_by("id").select_related("connection")
        for place in (None, place_of(link, link.snapshot))
    }


def place_of(where: Change | Link, values: Mapping[str, Any]) -> Any:
    """Which of a person's records it is, where there may be one for each of something (a list). None: any."""
    capability = vendor(where.connection.vendor).capabilities.object(where.object)
    return values.get(capability.one_per) if capability and capability.one_per else None


def params_of(change: Change) -> dict[str, Any]:
    """What is not a field. A change that follows another learns from it which record it is about."""
    params = {key: value for key, value in change.params.items() if key != "parked"}
    place = place_in(change)
    if place and not params.get(place) and change.depends_on is not None:
        params[place] = [change.depends_on.object, change.depends_on.record_id]
    return params
