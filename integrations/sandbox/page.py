"""The page at `/`: the simulated vendors' records, the last calls and deliveries, and the switches as forms."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from .site import Site
from .store import Document
from .switches import Switch, SwitchRefused, Values

if TYPE_CHECKING:
    from .app import Sandbox

STYLE = files(__package__).joinpath("page.css").read_text("utf-8")
SHOWN_RECORDS, SHOWN_CALLS, SHOWN_DELIVERIES = 50, 50, 30
CALL_COLUMNS = (
    "n",
    "at",
    "vendor",
    "method",
    "path",
    "status",
    "request_bytes",
    "response_bytes",
    "milliseconds",
    "note",
)
DELIVERY_COLUMNS = ("n", "created", "vendor", "kind", "type", "url", "state", "attempts", "answer")


def respond(sandbox: Sandbox, request: Request) -> Response:
    if request.path == "/" and request.method == "GET":
        return _html(_page(sandbox, request, ""))
    if request.method != "POST" or request.headers.get("Origin", request.host_url).rstrip(
        "/"
    ) != request.host_url.rstrip("/"):
        return _html("<h1>There is nothing here</h1><p><a href='/'>To the sandbox</a></p>", 404)
    return _changed(sandbox, request)


def _changed(sandbox: Sandbox, request: Request) -> Response:
    """A form was sent: `/reset`, `/switches/<vendor>` or `/switches/<vendor>/reset`."""
    steps = request.path.strip("/").split("/")
    if steps == ["reset"]:
        sandbox.reset()
        return Response(status=303, headers={"Location": "/"})
    slug = steps[1] if len(steps) > 1 and steps[0] == "switches" else ""
    if slug not in sandbox.sites:
        return _html("<h1>There is nothing here</h1>", 404)
    try:
        _set_switches(sandbox, slug, request, reset=steps[-1] == "reset")
    except SwitchRefused as problem:
        return _html(_page(sandbox, request, str(problem)), 400)
    return Response(status=303, headers={"Location": f"/#{slug}"})


def _set_switches(sandbox: Sandbox, slug: str, request: Request, reset: bool) -> None:
    if reset:
        sandbox.switches.reset(slug)
        return
    declared, form = sandbox.switches.declared[slug], request.form
    flags = {switch.name: switch.name in form for switch in declared if switch.kind == "flag"}
    sandbox.switches.set(slug, flags | {s.name: form[s.name] for s in declared if s.kind != "flag" and s.name in form})


def _html(body: str, status: int = 200) -> Response:
    meta = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    head = f"{meta}<title>Sandbox</title><style>{STYLE}</style>"
    page = f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
    return Response(page, status, content_type="text/html;charset=utf-8")


def _page(sandbox: Sandbox, request: Request, problem: str) -> str:
    vendors = "".join(_vendor(sandbox, site, request.host_url.rstrip("/")) for site in sandbox.sites.values())
    links = "".join(f"<a href='#{slug}'>{escape(site.vendor.label)}</a>" for slug, site in sandbox.sites.items())
    warning = f"<p class='error' role='alert'>{escape(problem)}</p>" if problem else ""
    return (
        f"<header><h1>Sandbox</h1><nav>{links}<a href='#calls'>Calls</a><a href='#deliveries'>Deliveries</a>"
        "<a href='/control'>Control API</a></nav><a href='/'>Refresh</a>"
        "<form class='inline' method='post' action='/reset'><button>Start afresh</button></form></header>"
        f"<main>{warning}<p class='faint'>Simulated vendors. Only the webhooks you set up leave this machine.</p>"
        f"{vendors}{_calls(sandbox)}{_deliveries(sandbox)}</main>"
    )


def _vendor(sandbox: Sandbox, site: Site, host: str) -> str:
    vendor, shelf = site.vendor, sandbox.store.shelf(site.vendor.slug)
    facts = {"base URL": host + vendor.mounts[0][0], **vendor.sample_account}
    shown = "".join(f"<span>{escape(name)} <code>{escape(value)}</code></span>" for name, value in facts.items())
    tables = "".join(
        _details(object, shelf.count(object), _table(columns, shelf.latest(object, SHOWN_RECORDS)), is_open=place == 0)
        for place, (object, columns) in enumerate(vendor.columns.items())
    )
    return (
        f"<section id='{vendor.slug}'><h2>{escape(vendor.label)}</h2><div class='facts'>{shown}</div>"
        f"{_switch_form(sandbox, vendor.slug)}{tables}</section>"
    )


def _details(title: str, count: int, table: str, is_open: bool) -> str:
    summary = f"<summary>{escape(title)} <span class='count'>{count}</span></summary>"
    return f"<details{' open' if is_open and count else ''}>{summary}{table}</details>"


def _table(columns: tuple[str, ...], rows: list[Document]) -> str:
    if not rows:
        return "<p class='faint'>None yet.</p>"
    head = "".join(f"<th scope='col'>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(row.get(column)) for column in columns) + "</tr>" for row in rows)
    return f"<div class='scroll' tabindex='0'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<td class='faint'>–</td>"
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<td><bdi dir='auto'>{escape(text)}</bdi></td>"


def _switch_form(sandbox: Sandbox, slug: str) -> str:
    values, declared = sandbox.switches.values(slug), sandbox.switches.declared[slug]
    changed = sum(values[switch.name] != switch.default for switch in declared)
    note = f"<span class='bad'>{changed} changed</span>" if changed else "<span class='count'>as delivered</span>"
    inputs = "".join(_switch(switch, values) for switch in declared)
    path = f"/switches/{slug}"
    set_all = f"<div class='switches'>{inputs}</div><button class='main'>Set</button>"
    return (
        f"<details{' open' if changed else ''}><summary>Switches {note}</summary>"
        f"<form method='post' action='{path}'>{set_all}</form> "
        f"<form class='inline' method='post' action='{path}/reset'><button>All as delivered</button></form></details>"
    )


def _switch(switch: Switch, values: Values) -> str:
    value, name = values[switch.name], f"name='{switch.name}'"
    if switch.kind == "flag":
        field = f"<input type='checkbox' {name}{' checked' if value else ''}>"
    elif switch.kind == "choice":
        options = "".join(
            f"<option{' selected' if choice == value else ''}>{escape(choice)}</option>" for choice in switch.choices
        )
        field = f"<select {name}>{options}</select>"
    else:
        field = f"<input {name} value='{escape(_written(value))}'{_hint(switch)}>"
    changed = " class='on'" if value != switch.default else ""
    return f"<label{changed}>{escape(switch.label)}{field}</label>"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _hint(switch: Switch) -> str:
    return " placeholder='0, a number, or always'" if switch.kind == "count" else ""


def _calls(sandbox: Sandbox) -> str:
    rows = [call | {"at": call["at"][11:19]} for call in sandbox.calls.latest(SHOWN_CALLS)]
    return f"<section id='calls'><h2>Last calls</h2>{_table(CALL_COLUMNS, rows)}</section>"


def _deliveries(sandbox: Sandbox) -> str:
    rows = [_with_answer(delivery) for delivery in sandbox.outbox.latest(SHOWN_DELIVERIES)]
    return f"<section id='deliveries'><h2>Last deliveries</h2>{_table(DELIVERY_COLUMNS, rows)}</section>"


def _with_answer(delivery: Document) -> Document:
    last = delivery["answers"][-1] if delivery["answers"] else {}
    answer = f"{last.get('status') or 'no answer'} {last.get('body', '')[:80]} ({last.get('ms')} ms)" if last else ""
    return delivery | {"created": delivery["created"][11:19], "answer": answer}
