"""The control API under `/control`: switches, acts of people, records, calls, deliveries; JSON in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .store import Document
from .switches import SwitchRefused
from .vendor import Hand, NoSuchThing, RecordRefused, Refused, SimulatedVendor, json_response

if TYPE_CHECKING:
    from .app import Sandbox

MOST = 1000


def respond(sandbox: Sandbox, request: Request) -> Response:
    try:
        handler, arguments = MAP.bind("sandbox").match(request.path, method=request.method)
        return json_response(handler(sandbox, request, **arguments))
    except HTTPException as problem:
        return json_response({"error": problem.description}, problem.code or 400)
    except (SwitchRefused, NoSuchThing) as problem:
        return json_response({"error": str(problem.args[0])}, 404 if isinstance(problem, NoSuchThing) else 400)


def act(sandbox: Sandbox, slug: str, name: str, params: Mapping[str, Any]) -> Any:
    """Do what a person does at the vendor. Raises NoSuchThing."""
    vendor = _vendor(sandbox, slug)
    if name not in vendor.acts:
        raise NoSuchThing(f"{vendor.label} has no act {name!r}; there are: {', '.join(vendor.acts)}.")
    with sandbox.store.transaction():
        hand = Hand(sandbox.store.shelf(slug), sandbox.switches.values(slug), sandbox.outbox)
        try:
            return vendor.acts[name](hand, params)
        except KeyError as missing:
            raise NoSuchThing(f"{name} needs {missing}.") from missing
        except RecordRefused as refused:
            raise NoSuchThing(str(refused)) from refused
        except Refused as refused:
            raise NoSuchThing(refused.response.get_data(as_text=True)) from refused


def _vendor(sandbox: Sandbox, slug: str) -> SimulatedVendor:
    if slug not in sandbox.sites:
        raise NoSuchThing(f"There is no vendor {slug!r}; there are: {', '.join(sandbox.sites)}.")
    return sandbox.sites[slug].vendor


def _body(request: Request) -> Document:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise SwitchRefused("The body must be a JSON object.")
    return body


def _numbers(request: Request) -> tuple[int, int]:
    """`after` and `limit`."""
    return request.args.get("after", 0, int), min(request.args.get("limit", MOST, int), MOST)


def _index(sandbox: Sandbox, request: Request) -> Any:
    return {
        "vendors": {
            slug: {
                "base_url": request.host_url.rstrip("/") + site.vendor.mounts[0][0],
                "sample_account": site.vendor.sample_account,
                "switches": sandbox.switches.values(slug),
                "acts": list(site.vendor.acts),
                "objects": list(site.vendor.columns),
            }
            for slug, site in sandbox.sites.items()
        },
        "paths": [f"{' '.join(sorted(rule.methods or ()))} {rule.rule}" for rule in MAP.iter_rules()],
    }


def _reset(sandbox: Sandbox, request: Request) -> Any:
    sandbox.reset()
    return {"status": "OK"}


def _switches(sandbox: Sandbox, request: Request, slug: str) -> Any:
    _vendor(sandbox, slug)
    if request.method == "DELETE":
        return sandbox.switches.reset(slug)
    return sandbox.switches.set(slug, _body(request)) if request.method == "POST" else sandbox.switches.values(slug)


def _act(sandbox: Sandbox, request: Request, slug: str, name: str) -> Any:
    return {"result": act(sandbox, slug, name, _body(request))}


def _records(sandbox: Sandbox, request: Request, slug: str, object: str) -> Any:
    return {"records": sandbox.store.shelf(_vendor(sandbox, slug).slug).all(object)}


def _record(sandbox: Sandbox, request: Request, slug: str, object: str, id: str) -> Any:
    shelf = sandbox.store.shelf(_vendor(sandbox, slug).slug)
    if request.method == "PUT":
        shelf.put(object, id, _body(request))
    elif request.method == "DELETE":
        shelf.remove(object, id)
        return {"status": "OK"}
    record = shelf.get(object, id)
    if record is None:
        raise NoSuchThing(f"There is no {object} {id!r}.")
    return record


def _calls(sandbox: Sandbox, request: Request) -> Any:
    return {"calls": sandbox.calls.entries(request.args.get("vendor", ""), *_numbers(request))}


def _deliveries(sandbox: Sandbox, request: Request) -> Any:
    return {"deliveries": sandbox.outbox.entries(*_numbers(request)), "pending": sandbox.outbox.pending()}


MAP = Map(
    [
        Rule("/control", methods=["GET"], endpoint=_index),
        Rule("/control/reset", methods=["POST"], endpoint=_reset),
        Rule("/control/calls", methods=["GET"], endpoint=_calls),
        Rule("/control/deliveries", methods=["GET"], endpoint=_deliveries),
        Rule("/control/<slug>/switches", methods=["GET", "POST", "DELETE"], endpoint=_switches),
        Rule("/control/<slug>/acts/<name>", methods=["POST"], endpoint=_act),
        Rule("/control/<slug>/records/<object>", methods=["GET"], endpoint=_records),
        Rule("/control/<slug>/records/<object>/<id>", methods=["GET", "PUT", "DELETE"], endpoint=_record),
    ],
    strict_slashes=False,
)
