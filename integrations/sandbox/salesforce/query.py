"""`query`, `queryAll` and the pages that follow."""

from __future__ import annotations

import re
import secrets

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, json_response
from .errors import RowFailure, refusal
from .matching import candidates, known_field, sort_key, test_of
from .org import Org, org_of
from .records import show_record
from .schema import object_named
from .soql import MalformedQuery, Query, names_any, parse
from .versions import version_of

LINKS_NEED_A_FILTER = (
    "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or"
    " LinkedEntityId using the equals operator or multiple Id's using the IN operator."
)
LARGEST_PAGE, SMALLEST_PAGE = 2000, 200


def query(call: Call) -> Response:
    return _answer(call, with_deleted=False)


def query_all(call: Call) -> Response:
    return _answer(call, with_deleted=True)


def next_page(call: Call, cursor: str) -> Response:
    id, _, start = cursor.rpartition("-")
    kept = call.shelf.get("cursor", id)
    if kept is None or not start.isdigit():
        raise refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return json_response(_page(call, org_of(call), kept, int(start)))


def run(org: Org, query: Query, with_deleted: bool = False) -> tuple[str, list[Document]]:
    """The object and its records that fit, in order. Raises RowFailure."""
    object = object_named(query.object)
    if object is None:
        raise RowFailure("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    if object == "ContentDocumentLink" and not names_any(query.where, "ContentDocumentId", "LinkedEntityId"):
        raise RowFailure("MALFORMED_QUERY", LINKS_NEED_A_FILTER)
    fits = test_of(org, object, query.where) if query.where else lambda record: True
    pool = candidates(org.shelf, object, query.where)
    records = [
        r for r in (org.shelf.all(object) if pool is None else pool) if (with_deleted or not r["IsDeleted"]) and fits(r)
    ]
    for order in reversed(query.order):
        key = sort_key(known_field(org, object, order.field), order.nulls_last != order.descending)
        records.sort(key=key, reverse=order.descending)
    return object, records[query.offset :][: query.limit]


def _answer(call: Call, with_deleted: bool) -> Response:
    org = org_of(call)
    try:
        asked = parse(call.request.args.get("q", ""))
        object, records = run(org, asked, with_deleted)
        names = [known_field(org, object, name).name for name in asked.fields]
    except MalformedQuery as problem:
        return RowFailure("MALFORMED_QUERY", str(problem)).response()
    except RowFailure as failure:
        return failure.response()
    except ValueError as problem:
        return RowFailure("MALFORMED_QUERY", f"invalid date or number: {problem}").response()
    if not names:
        return json_response({"totalSize": len(records), "done": True, "records": []})
    kept = {"object": object, "ids": [record["Id"] for record in records], "fields": names, "size": _size(call)}
    return json_response(_page(call, org, kept | {"cursor": secrets.token_hex(8)}, 0))


def _page(call: Call, org: Org, kept: Document, start: int) -> Document:
    end = start + kept["size"]
    fields = [known_field(org, kept["object"], name) for name in kept["fields"]]
    records = [org.shelf.get(kept["object"], id) for id in kept["ids"][start:end]]
    version = version_of(call)
    shown = [show_record(org, kept["object"], record, version, fields) for record in records if record]
    done = end >= len(kept["ids"])
    body = {"totalSize": len(kept["ids"]), "done": done, "records": shown}
    if done:
        return body
    call.shelf.put("cursor", kept["cursor"], kept)
    return body | {"nextRecordsUrl": f"/services/data/v{version}/query/{kept['cursor']}-{end}"}


def _size(call: Call) -> int:
    """`batchSize` is only a hint; the switch makes pages shorter than anybody asked for."""
    forced = int(call.switches["query_page_size"])
    hint = re.search(r"batchSize=(\d+)", call.request.headers.get("Sforce-Query-Options", ""))
    size = max(SMALLEST_PAGE, min(int(hint[1]), LARGEST_PAGE)) if hint else LARGEST_PAGE
    return forced or size
