"""A fast simulated Salesforce that counts calls and notes what arrived when: `python -m benchmarks.vendor PORT`."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from integrations.sandbox.salesforce.schema import OBJECTS

from .http import Message, Reader, answer

Record = dict[str, Any]
Reply = tuple[int, Any]
KEY = "GetResponse_Contact_ID__c"
CUSTOM_FIELDS = [
    {"customFieldId": f"f{number}", "name": name, "type": "text", "valueType": "string", "fieldType": "text"}
    for number, name in enumerate(("company", "job_title"))
]
_LITERAL = re.compile(r"'([^']*)'")
_OBJECT = re.compile(r" FROM (\w+)")


class Org:
    """The records of one org, the calls made, and what arrived: [address, what, when]."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.url = ""
        self.calls: Counter[str] = Counter()
        self.arrivals: list[tuple[str, str, float]] = []
        self._records: dict[str, Record] = {}  # by id, by key and by address

    def token(self) -> Reply:
        return 200, {"access_token": "a-token", "instance_url": self.url, "token_type": "Bearer"}

    def describe(self, object: str) -> Reply:
        return 200, {"name": object, "fields": [_described(field) for field in OBJECTS[object]]}

    def query(self, soql: str) -> Reply:
        """Finds leads by any literal of the question; enough for what Crosswalk asks."""
        found = _OBJECT.search(soql)
        named = {} if not found or found[1] != "Lead" else dict.fromkeys(_LITERAL.findall(soql))
        rows = {id(row): row for text in named if (row := self._records.get(text.lower()))}
        return 200, {"totalSize": len(rows), "done": True, "records": list(rows.values())}

    def upsert(self, key: str, values: Record) -> Record:
        known = self._records.get(key.lower())
        row = known or self._new(key)
        row.update({name: value for name, value in values.items() if name != "attributes"})
        self._records[str(row.get("Email", "")).lower()] = row
        self._note(row, values)
        return {"id": row["Id"], "success": True, "created": known is None, "errors": []}

    def update(self, record_id: str, values: Record) -> Record:
        """Also of a record that was never made here: what the backlog updates."""
        row = self._records.setdefault(record_id.lower(), {"Id": record_id})
        row.update({name: value for name, value in values.items() if name != "attributes"})
        self._note(row, values)
        return {"id": record_id, "success": True, "errors": []}

    def _new(self, key: str) -> Record:
        number = len(self._records)
        row: Record = {"Id": f"00Q5e{number:010d}AAA", KEY: key, "IsConverted": False, "ConvertedContactId": None}
        self._records[key.lower()] = self._records[row["Id"].lower()] = row
        return row

    def _note(self, row: Record, values: Record) -> None:
        what = "opt_out" if values.get("HasOptedOutOfEmail") else "lead"
        self.arrivals.append((str(row.get("Email", "")), what, time.monotonic()))


def _described(field: Any) -> Record:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "createable": field.createable,
        "updateable": field.updateable,
        "nillable": not field.required,
        "defaultedOnCreate": field.default is not None,
        "externalId": field.external,
        "unique": field.unique,
        "custom": field.custom,
        "picklistValues": [{"value": choice, "active": True} for choice in field.choices],
    }


# --- which call it is -------------------------------------------------------------------------------------------


def _collection(org: Org, match: re.Match[str], body: Any) -> Reply:
    return 200, [org.upsert(str(row[match[1]]), row) for row in body["records"]]


def _updates(org: Org, match: re.Match[str], body: Any) -> Reply:
    return 200, [org.update(str(row["Id"]), row) for row in body["records"]]


def _single(org: Org, match: re.Match[str], body: Any) -> Reply:
    result = org.upsert(unquote(match[1]), body)
    return (201 if result["created"] else 200), result


def _update(org: Org, match: re.Match[str], body: Any) -> Reply:
    org.update(match[1], body)
    return 204, None


ROUTES: list[tuple[str, str, Callable[[Org, re.Match[str], Any], Reply]]] = [
    ("token", r"POST .*/services/oauth2/token", lambda org, match, body: org.token()),
    ("describe", r"GET .*/sobjects/(\w+)/describe", lambda org, match, body: org.describe(match[1])),
    ("custom fields", r"GET .*/v3/custom-fields\?.*", lambda org, match, body: (200, CUSTOM_FIELDS)),
    ("query", r"GET .*/query\?(.*)", lambda org, match, body: org.query(parse_qs(match[1])["q"][0])),
    ("collection upsert", r"PATCH .*/composite/sobjects/Lead/(\w+)", _collection),
    ("collection update", r"PATCH .*/composite/sobjects", _updates),
    ("single upsert", rf"PATCH .*/sobjects/Lead/{KEY}/(.+)", _single),
    ("single update", r"PATCH .*/sobjects/Lead/(\w+)", _update),
]
_ROUTES = [(name, re.compile(pattern + "$"), reply) for name, pattern, reply in ROUTES]


class Caller(asyncio.Protocol):
    """One connection of Crosswalk, or of the benchmark that asks what arrived."""

    def __init__(self, org: Org) -> None:
        self._org, self._reader = org, Reader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self._take(message)

    def _take(self, message: Message) -> None:
        method, target, _version = message.first.split(" ", 2)
        if target.startswith("/benchmark"):
            self._send(*_told(self._org, target, message.body))
            return
        loop = asyncio.get_running_loop()
        status, reply = _reply(self._org, f"{method} {target}", message.body)
        loop.call_later(self._org.delay, self._send, status, reply) if self._org.delay else self._send(status, reply)

    def _send(self, status: int, reply: Any) -> None:
        self._transport.write(answer(status, b"" if reply is None else json.dumps(reply).encode()))


def _reply(org: Org, line: str, body: bytes) -> Reply:
    for name, pattern, reply in _ROUTES:
        if match := pattern.match(line):
            org.calls[name] += 1
            return reply(org, match, json.loads(body) if body.startswith((b"{", b"[")) else None)
    org.calls["unknown"] += 1
    return 404, [{"errorCode": "NOT_FOUND", "message": line[:80]}]


def _told(org: Org, target: str, body: bytes) -> Reply:
    """The benchmark's own questions: set the delay, forget the calls, tell arrivals from a number on."""
    if body:
        org.delay = float(json.loads(body)["delay"])
        org.calls.clear()
    first = int(parse_qs(urlsplit(target).query).get("from", ["0"])[0])
    return 200, {"calls": dict(org.calls), "count": len(org.arrivals), "arrivals": org.arrivals[first:]}


async def serve(port: int) -> None:
    org = Org()
    server = await asyncio.get_running_loop().create_server(lambda: Caller(org), "127.0.0.1", port)
    org.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(org.url, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
