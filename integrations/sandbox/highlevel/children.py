"""Tasks, notes and appointments of a contact, and the task search over the location (§2.3, §2.4, §2.8)."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, Refused, json_response
from . import rules
from .errors import missing, traced
from .events import announce
from .moments import moment, new_id
from .options import LOCATION
from .people import contact_of, hand_of

TASK, NOTE, APPOINTMENT = "task", "note", "appointment"
SHOWN = ("id", "title", "body", "assignedTo", "dueDate", "completed", "contactId")


def list_tasks(call: Call, contact_id: str) -> Response:
    contact_of(call.shelf, contact_id)
    return traced({"tasks": [_task(task) for task in call.shelf.find(TASK, "contactId", contact_id)]})


def show_task(call: Call, contact_id: str, task_id: str) -> Response:
    return traced({"task": _task(_child(call, TASK, contact_id, task_id))})


def create_task(call: Call, contact_id: str) -> Response:
    contact_of(call.shelf, contact_id)
    values = rules.read_task(rules.object_of(call.payload), is_new=True)
    task = {"id": new_id(), "contactId": contact_id, "body": "", **values, "dateAdded": moment()}
    _keep(call, TASK, task, "TaskCreate")
    return traced({"task": _task(task)}, 201)


def update_task(call: Call, contact_id: str, task_id: str) -> Response:
    """No event tells of it, but when it is completed by that."""
    task = _child(call, TASK, contact_id, task_id)
    after = task | rules.read_task(rules.object_of(call.payload), is_new=False)
    _keep(call, TASK, after, "TaskComplete" if after["completed"] and not task["completed"] else "")
    return traced({"task": _task(after)})


def complete_task(call: Call, contact_id: str, task_id: str) -> Response:
    task = _child(call, TASK, contact_id, task_id)
    given = rules.only(rules.object_of(call.payload), ("completed",))
    after = task | rules.read_task({"completed": given.get("completed")}, is_new=False)
    _keep(call, TASK, after, "TaskComplete" if after["completed"] and not task["completed"] else "")
    return traced({"task": _task(after)})


def delete_task(call: Call, contact_id: str, task_id: str) -> Response:
    return _delete(call, TASK, _child(call, TASK, contact_id, task_id), "TaskDelete")


def search_tasks(call: Call, location_id: str) -> Response:
    """The id is called _id here."""
    taken = ("contactId", "completed", "assignedTo", "query", "limit", "skip", "businessId")
    asked = rules.only(rules.object_of(call.payload), taken)
    found = [task for task in call.shelf.all(TASK) if _is_asked_for(task, asked)]
    skip, size = int(asked.get("skip", 0)), int(asked.get("limit", 25))
    return traced({"tasks": [_row(task) for task in found[skip : skip + size]]})


def _is_asked_for(task: Document, asked: Document) -> bool:
    return (
        (not asked.get("contactId") or task["contactId"] in asked["contactId"])
        and (not asked.get("assignedTo") or task.get("assignedTo") in asked["assignedTo"])
        and asked.get("completed", task["completed"]) == task["completed"]
        and str(asked.get("query") or "").lower() in task["title"].lower()
    )


def _row(task: Document) -> Document:
    rest = {name: value for name, value in task.items() if name != "id"}
    return {**rest, "_id": task["id"], "locationId": LOCATION, "deleted": False, "dateUpdated": task["dateUpdated"]}


def _task(task: Document) -> Document:
    return {name: task.get(name) for name in SHOWN}


# --- notes --------------------------------------------------------------------------------------------------------


def list_notes(call: Call, contact_id: str) -> Response:
    contact_of(call.shelf, contact_id)
    return traced({"notes": call.shelf.find(NOTE, "contactId", contact_id)})


def show_note(call: Call, contact_id: str, note_id: str) -> Response:
    return traced({"note": _child(call, NOTE, contact_id, note_id)})


def create_note(call: Call, contact_id: str) -> Response:
    contact_of(call.shelf, contact_id)
    payload = rules.only(rules.object_of(call.payload), rules.OF_NOTE)
    rules.required(payload, "body")
    note = {"id": new_id(), "contactId": contact_id, "userId": None, **payload, "dateAdded": moment()}
    _keep(call, NOTE, note, "NoteCreate", dated=False)
    return traced({"note": note}, 201)


def update_note(call: Call, contact_id: str, note_id: str) -> Response:
    note = _child(call, NOTE, contact_id, note_id)
    after = note | rules.only(rules.object_of(call.payload), rules.OF_NOTE)
    _keep(call, NOTE, after, "NoteUpdate", dated=False)
    return traced({"note": after})


def delete_note(call: Call, contact_id: str, note_id: str) -> Response:
    return _delete(call, NOTE, _child(call, NOTE, contact_id, note_id), "NoteDelete")


# --- appointments -------------------------------------------------------------------------------------------------


def list_appointments(call: Call, contact_id: str) -> Response:
    """The key is `events`; times have no zone."""
    contact_of(call.shelf, contact_id)
    events = call.shelf.find(APPOINTMENT, "contactId", contact_id)
    return traced({"events": [{**e, "startTime": _local(e["startTime"])} for e in events]})


def show_appointment(call: Call, event_id: str) -> Response:
    event = call.shelf.get(APPOINTMENT, event_id)
    if event is None:
        raise missing("Event", event_id)
    return traced({"event": event})


def list_events(call: Call) -> Response:
    return traced({"events": call.shelf.all(APPOINTMENT)})


def _local(text: str) -> str:
    return text[:19].replace("T", " ")


# --- what they have in common -------------------------------------------------------------------------------------


def _child(call: Call, kind: str, contact_id: str, id: str) -> Document:
    contact_of(call.shelf, contact_id)
    child = call.shelf.get(kind, id)
    if child is None or child["contactId"] != contact_id:
        raise Refused(json_response({"error": f"{kind.title()} with id {id} not found"}, 400))
    return child


def _keep(call: Call, kind: str, child: Document, event: str, dated: bool = True) -> None:
    """A note has no time of change."""
    kept = child | ({"dateUpdated": moment()} if dated else {})
    call.shelf.put(kind, child["id"], kept)
    if event and call.switches["announce_api_writes"]:
        announce(hand_of(call), event, kept)


def _delete(call: Call, kind: str, child: Document, event: str) -> Response:
    call.shelf.remove(kind, child["id"])
    if call.switches["announce_api_writes"]:
        announce(hand_of(call), event, child)
    return traced({"succeded": True})
