"""Lists, tags, personal fields and webhooks of the simulated Responder Live."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, json_response
from .errors import missing, refusal
from .subscribers import page_of


def show_account(call: Call) -> Response:
    return json_response({"status": True, "data": {"id": 1000000, "name": "חשבון לדוגמה"}})


def list_lists(call: Call) -> Response:
    rows = call.shelf.all("list")
    return json_response({"status": True, "count": len(rows), "data": [_ids(call, r) for r in page_of(call, rows)]})


def create_list(call: Call) -> Response:
    name = str((call.payload or {}).get("name") or "").strip()
    if not name:
        raise refusal(call, "name is required")
    id = 200 + call.shelf.store.next_number("responder.list")
    call.shelf.put("list", str(id), {"id": id, "name": name, "is_all_lists": 0, "dynamic_status": 0})
    return json_response({"status": True, "createdId": id})


def show_list(call: Call, id: str) -> Response:
    return json_response({"status": True, "data": _ids(call, _row(call, "list", id))})


def delete_list(call: Call, id: str) -> Response:
    call.shelf.remove("list", str(_row(call, "list", id)["id"]))
    return json_response({"status": True})


def list_tags(call: Call) -> Response:
    return json_response({"status": True, "data": [_ids(call, row) for row in page_of(call, call.shelf.all("tag"))]})


def list_fields(call: Call) -> Response:
    rows = page_of(call, call.shelf.all("personal_field"))
    return json_response({"status": True, "data": [_ids(call, row) for row in rows]})


def list_fields_of_list(call: Call, list_id: str) -> Response:
    rows = [row for row in call.shelf.all("personal_field") if row["list_id"] in (0, int(list_id))]
    return json_response({"status": True, "data": rows})


def create_field(call: Call) -> Response:
    body = call.payload or {}
    id = 2000 + call.shelf.store.next_number("responder.field")
    row = {"id": id, "name": str(body.get("name") or ""), "type": "text", "list_id": int(body.get("list_id") or 0)}
    call.shelf.put("personal_field", str(id), row)
    return json_response({"status": True, "createdId": id})


def list_webhooks(call: Call) -> Response:
    rows = [hook for hook in call.shelf.all("webhook") if str(hook["list_id"]) == call.request.args.get("list_id")]
    return json_response({"status": True, "data": rows})


def create_webhook(call: Call) -> Response:
    body = call.payload if isinstance(call.payload, dict) else {}
    _row(call, "list", str(body.get("list_id")))
    if not str(body.get("url") or "").startswith(("http://", "https://")) or not body.get("events"):
        raise refusal(call, "url and events are required")
    id = 700 + call.shelf.store.next_number("responder.webhook")
    call.shelf.put("webhook", str(id), {**body, "id": id, "active": True})
    return json_response({"status": True, "createdId": id})


def delete_webhook(call: Call, id: str) -> Response:
    call.shelf.remove("webhook", str(_row(call, "webhook", id)["id"]))
    return json_response({"status": True})


def _row(call: Call, object: str, id: str) -> Document:
    row = call.shelf.get(object, id)
    if row is None:
        raise missing()
    return row


def _ids(call: Call, row: Document) -> Document:
    return {**row, "id": str(row["id"])} if call.switches["text_ids"] else row
