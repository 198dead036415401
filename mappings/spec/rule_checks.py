"""Does what a rule names exist, and can the vendors it names do what it wants of them."""

from __future__ import annotations

from integrations.vendors.base import Vendor

from .action_checks import Place, check_ability
from .actions import ACTIONS
from .events import SAID_BESIDE
from .known import Fields, Findings, Known, is_readable
from .reading import unknown
from .recipients import check_recipients
from .rule import ActionSpec, RuleSpec

_OWN_RECORDS = ("task", "note", "appointment")  # what other events are about is a contact


def check_rule(spec: RuleSpec, known: Known) -> Findings:
    findings = Findings(known)
    vendor = findings.vendor(spec.connection, "when", "connection")
    if vendor is not None:
        _warn_of_unseen_event(spec, vendor, findings)
        _warn_of_unknown_paths(spec, vendor, findings)
    for index, action in enumerate(spec.actions):
        _check_action(spec, action, ("do", index, action.name), findings)
    return findings


def _warn_of_unseen_event(spec: RuleSpec, vendor: Vendor, findings: Findings) -> None:
    seen = next((event for event in vendor.capabilities.events if event.type == spec.event), None)
    if seen is None:
        findings.warn(f"{vendor.label} tells nothing about {spec.event}: the rule never starts.", "when", "event")
    elif seen.seen == "invisible":
        findings.warn(f"{spec.event} cannot be seen: {seen.note}", "when", "event")


def _warn_of_unknown_paths(spec: RuleSpec, vendor: Vendor, findings: Findings) -> None:
    """Events say more than records hold, so that an unknown path is no mistake for certain."""
    paths = sorted(spec.paths())
    fields = _event_fields(spec, vendor, findings) if paths else {}
    beside = SAID_BESIDE.get(spec.event.partition(".")[0], ())
    for path in paths if fields else ():
        if path.partition(".")[0] not in beside and not is_readable(path, fields):
            findings.warn(f"{unknown(path, 'a known field', fields)} It is empty unless the event says it.")


def _event_fields(spec: RuleSpec, vendor: Vendor, findings: Findings) -> Fields:
    subject = spec.event.partition(".")[0]
    kind = subject if subject in _OWN_RECORDS else "contact"
    objects = [object.name for object in vendor.capabilities.objects if object.kind == kind]
    described = [findings.fields(spec.connection, object, "when", "connection") or {} for object in objects]
    return {name: field for fields in described for name, field in fields.items()}


# --- actions ----------------------------------------------------------------------------------------------------


def _check_action(rule: RuleSpec, action: ActionSpec, place: Place, findings: Findings) -> None:
    if not ACTIONS[action.name].ready:
        findings.refuse(f"{action.name} is not available yet.", *place)
        return
    if action.mapping:
        _check_mapping_use(rule, action, place, findings)
        return
    if action.name == "notify":
        check_recipients(rule, action, place, findings)
    for connection in action.connections():
        key = "connection" if action.connection else "connections"
        vendor = findings.vendor(connection, *place, key)
        if vendor is not None:
            check_ability(action, connection, vendor, place, findings)


def _check_mapping_use(rule: RuleSpec, action: ActionSpec, place: Place, findings: Findings) -> None:
    mappings = findings.known.mappings()
    mapping = mappings.get(action.mapping)
    if mapping is None:
        findings.refuse(unknown(action.mapping, "a published mapping", mappings), *place, "mapping")
        return
    if mapping.source_connection != rule.connection:
        said = f"{mapping.name} reads from {mapping.source_connection}, but the rule listens to {rule.connection}."
        findings.refuse(said, *place, "mapping")
    if action.connection not in ("", mapping.target_connection):
        findings.refuse(f"{mapping.name} writes to {mapping.target_connection}.", *place, "connection")
    target = findings.known.connections().get(mapping.target_connection)
    object = target.capabilities.object(mapping.target_object) if target else None
    if action.name == "delete" and object is not None and "delete" not in object.writes:
        findings.refuse(f"Crosswalk does not delete {object.name} at {mapping.target_connection}.", *place, "mapping")
