"""Can the vendor that an action names do what it wants: one check for each action."""

from __future__ import annotations

import re
from collections.abc import Callable

from integrations.vendors.base import ObjectCapability, Vendor

from .actions import ACTIONS
from .known import Findings
from .reading import unknown
from .rule import ActionSpec

Place = tuple[str | int, ...]
_IN_PATH = re.compile(r"{(\w+)}")
NUMBERS = ("number", "integer")


def check_ability(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    """`place` leads to the action; every problem is put beside the key it is about."""
    CHECKS.get(action.name, _check_known)(action, connection, vendor, place, findings)


def _check_known(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> bool:
    """False, and refused, when no object of the vendor takes such a write."""
    if any(action.name in object.writes for object in vendor.capabilities.objects):
        return True
    findings.refuse(f"Crosswalk has no {action.name} at {vendor.label}.", *place, "connection")
    return False


def _check_opt_out(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    known = {flag.channel for flag in vendor.capabilities.opt_outs}
    if not known:
        findings.refuse(f"{connection} cannot be told: {vendor.label} has no opt-out.", *place, "connections")
        return
    missing = [channel for channel in action.params["channels"] if channel not in {*known, "all"}]
    if missing:
        findings.warn(f"{vendor.label} has no opt-out for {', '.join(missing)}.", *place, "channels")


def _check_set(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    if not _check_known(action, connection, vendor, place, findings) or not _is_object_for(
        "set", action, vendor, place, findings
    ):
        return
    name = action.params["object"]
    fields = findings.fields(connection, name, *place, "object")
    for field in action.params["fields"] if fields is not None else ():
        findings.target_field(field, fields or {}, name, *place, "fields", field)


def _is_object_for(write: str, action: ActionSpec, vendor: Vendor, place: Place, findings: Findings) -> bool:
    objects = {o.name for o in vendor.capabilities.objects if write in o.writes and (write == "set" or _is_person(o))}
    name = action.params["object"]
    if name in objects:
        return True
    findings.refuse(unknown(name, f"an object of {vendor.label} that can be {_DONE[write]}", objects), *place, "object")
    return False


_DONE = {"set": "set", "update": "counted in"}


def _is_person(object: ObjectCapability) -> bool:
    return object.kind == "contact"


def _check_task(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    form = vendor.capabilities.task
    if form is None:
        findings.refuse(f"Crosswalk has no {action.name} at {vendor.label}.", *place, "connection")
        return
    for key in ("body", "due", "assignee", "priority", "status"):
        if key in action.params and not getattr(form, key):
            findings.warn(f"A task of {vendor.label} has no {key}: it is left out.", *place, key)
    most = action.params.get("most_per_day")
    if most is not None and (most < 1 or most != int(most)):
        findings.refuse("most_per_day is a whole number from 1 on.", *place, "most_per_day")


def _check_note(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    if not vendor.capabilities.notes:
        findings.refuse(f"Crosswalk has no {action.name} at {vendor.label}.", *place, "connection")
    elif not action.params.get("title") and not action.params.get("body"):
        findings.refuse(f"{ACTIONS[action.name].label} needs a title or a body.", *place, "body")


def _check_change(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    if not _check_known(action, connection, vendor, place, findings):
        return
    named = [key.name for key in ACTIONS[action.name].keys if key.name in action.params and key.name != "connection"]
    if not named:
        findings.refuse(f"{ACTIONS[action.name].label} names nothing that is to change.", *place, "title")


def _check_increment(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    if not _is_object_for("update", action, vendor, place, findings):
        return
    name, field = action.params["object"], action.params["field"]
    if not action.params.get("by"):
        findings.refuse("by must not be 0.", *place, "by")
    fields = findings.fields(connection, name, *place, "object")
    if fields is None:
        return
    findings.target_field(field, fields, name, *place, "field")
    if field in fields and fields[field].type not in NUMBERS:
        findings.warn(f"'{field}' of {name} is no number field: what holds no number is refused.", *place, "field")


def _check_delete(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    if not any("delete" in object.writes and _is_person(object) for object in vendor.capabilities.objects):
        findings.refuse(f"Crosswalk deletes nobody at {vendor.label}.", *place, "connection")


def _check_call(action: ActionSpec, connection: str, vendor: Vendor, place: Place, findings: Findings) -> None:
    key, known = action.params["operation"], {each.key: each for each in vendor.operations if each.kind != "trigger"}
    operation = known.get(key)
    if operation is None:
        findings.refuse(unknown(key, f"an operation of {vendor.label}", known), *place, "operation")
        return
    wanted = [name for name in _IN_PATH.findall(operation.path) if name in operation.parameters]
    missing = [name for name in wanted if name not in action.params.get("params", {})]
    if missing:
        findings.refuse(f"{key} needs {', '.join(missing)} in params.", *place, "params")
    if operation.kind == "lookup":
        findings.warn(f"{key} only reads: nothing is done with what it answers.", *place, "operation")


Check = Callable[[ActionSpec, str, Vendor, Place, Findings], object]
CHECKS: dict[str, Check] = {
    "opt_out": _check_opt_out,
    "set": _check_set,
    "create_task": _check_task,
    "add_note": _check_note,
    "update_task": _check_change,
    "update_note": _check_change,
    "increment": _check_increment,
    "delete": _check_delete,
    "call": _check_call,
}
