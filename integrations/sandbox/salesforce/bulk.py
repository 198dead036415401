"""Bulk API 2.0 ingest: a job, its CSV, and the results row by row.

The work is done when the upload is complete; where a job is to take its time, when it is asked for once more than that.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from werkzeug.wrappers import Response

from ..moments import now
from ..store import Document
from ..vendor import Call, empty_response, json_response
from .errors import RowFailure, not_found, refusal, require_object
from .ids import new_id
from .moments import as_salesforce
from .org import INTEGRATION_USER, Org, org_of
from .records import SeveralMatches, Written, create_record, delete_record, external_field, update_record, upsert_record
from .sobjects import writable_object
from .versions import version_of

DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
NULL = "#N/A"
RESULTS = {"successfulResults": "successful", "failedResults": "failed", "unprocessedrecords": "unprocessed"}
Row = Mapping[str, str]


def open_job(call: Call) -> Response:
    given = require_object(call.payload)
    object, operation = writable_object(str(given.get("object", ""))), given.get("operation")
    if operation not in ("insert", "update", "upsert", "delete"):
        raise refusal(400, "INVALIDJOB", f"operation {operation!r} is not known")
    if operation == "upsert":
        _require_key(call, object, str(given.get("externalIdFieldName", "")))
    id, moment = new_id(call.shelf.store, "Job"), as_salesforce(now())
    job = {
        "id": id,
        "operation": operation,
        "object": object,
        "createdById": INTEGRATION_USER,
        "createdDate": moment,
        "systemModstamp": moment,
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(version_of(call)),
        "contentUrl": f"services/data/v{version_of(call)}/jobs/ingest/{id}/batches",
        "lineEnding": given.get("lineEnding", "LF"),
        "columnDelimiter": given.get("columnDelimiter", "COMMA"),
        **({"externalIdFieldName": given["externalIdFieldName"]} if operation == "upsert" else {}),
        **({"assignmentRuleId": given["assignmentRuleId"]} if given.get("assignmentRuleId") else {}),
    }
    call.shelf.put("job", id, {"shown": job, "csv": None})
    return json_response(job)


def show_job(call: Call, id: str) -> Response:
    job = _job(call, id)
    if job.get("looks", 0) > 0:
        call.shelf.put("job", id, job | {"looks": job["looks"] - 1})
        return json_response(job["shown"] | {"state": "InProgress"})
    if job["shown"]["state"] == "UploadComplete":
        job = _processed(call, job)
        call.shelf.put("job", id, job)
    return json_response(job["shown"])


def upload(call: Call, id: str) -> Response:
    job = _job(call, id)
    if job["shown"]["state"] != "Open" or job["csv"] is not None:
        raise refusal(400, "INVALIDJOBSTATE", "The job takes no more data")
    call.shelf.put("job", id, job | {"csv": call.request.get_data().decode("utf-8-sig", "replace")})
    return empty_response(201)


def change_job(call: Call, id: str) -> Response:
    job, state = _job(call, id), require_object(call.payload).get("state")
    if state not in ("UploadComplete", "Aborted") or job["shown"]["state"] != "Open":
        raise refusal(400, "INVALIDJOBSTATE", f"The job cannot go from {job['shown']['state']} to {state}")
    changed = job | {"shown": job["shown"] | {"state": state}, "looks": int(call.switches["bulk_looks"])}
    at_once = state == "UploadComplete" and not changed["looks"]
    call.shelf.put("job", id, _processed(call, changed) if at_once else changed)
    return json_response(changed["shown"])


def delete_job(call: Call, id: str) -> Response:
    _job(call, id)
    call.shelf.remove("job", id)
    return empty_response(204)


def show_results(call: Call, id: str, results: str) -> Response:
    if results not in RESULTS:
        raise not_found()
    job = _job(call, id)
    return Response(_csv(job["shown"], job.get(RESULTS[results], [])), content_type="text/csv")


def _require_key(call: Call, object: str, key: str) -> None:
    try:
        external_field(org_of(call), object, key)
    except RowFailure:
        raise refusal(400, "INVALIDJOB", f"InvalidJob : Field name not found : {key}") from None


def _job(call: Call, id: str) -> Document:
    job = call.shelf.get("job", id)
    if job is None:
        raise not_found()
    return job


def _processed(call: Call, job: Document) -> Document:
    """Results come in another order than the rows (fact sheet §2.3)."""
    shown, org = job["shown"], org_of(call)
    reader = csv.DictReader(io.StringIO(job["csv"] or "", newline=""), delimiter=DELIMITERS[shown["columnDelimiter"]])
    rows = list[Row](reader)
    unknown = [name for name in reader.fieldnames or () if org.field(shown["object"], name) is None]
    if unknown:
        words = f"InvalidBatch : Field name not found : {unknown[0]}"
        return {"shown": shown | {"state": "Failed", "errorMessage": words}, "csv": "", "unprocessed": rows}
    most = int(call.switches["bulk_stops_after"]) or len(rows)
    successful, failed = list[Row](), list[Row]()
    for row in reversed(rows[:most]):
        try:
            written = _write(org, shown, row)
        except RowFailure as failure:
            fields = f"{','.join(failure.fields)} --".strip()
            failed.append({"sf__Id": "", "sf__Error": f"{failure.code}:{failure.message}:{fields}", **row})
        except SeveralMatches:
            failed.append({"sf__Id": "", "sf__Error": "DUPLICATE_EXTERNAL_ID:more than one record found:--", **row})
        else:
            successful.append({"sf__Id": written.id, "sf__Created": str(written.created).lower(), **row})
    counts = {"numberRecordsProcessed": len(successful) + len(failed), "numberRecordsFailed": len(failed)}
    counts |= {"retries": 0, "totalProcessingTime": 1}
    state = "Aborted" if rows[most:] else "JobComplete"
    results = {"successful": successful, "failed": failed, "unprocessed": rows[most:]}
    return {"shown": shown | {"state": state} | counts, "csv": "", **results}


def _write(org: Org, shown: Document, row: Row) -> Written:
    values = {name: None if value == NULL else value for name, value in row.items() if value != ""}
    id = next((str(values.pop(name)) for name in list(values) if name.lower() == "id"), "")
    return WRITES[shown["operation"]](org, shown, id, values)


def _upsert(org: Org, shown: Document, id: str, values: Document) -> Written:
    key = shown["externalIdFieldName"]
    value = values.pop(key, None)
    if not value:
        raise RowFailure("MISSING_ARGUMENT", f"{key} not specified")
    return upsert_record(org, shown["object"], key, str(value), values)


WRITES: dict[str, Callable[[Org, Document, str, Document], Written]] = {
    "insert": lambda org, shown, id, values: create_record(org, shown["object"], values),
    "update": lambda org, shown, id, values: update_record(org, shown["object"], id, values),
    "delete": lambda org, shown, id, values: delete_record(org, shown["object"], id),
    "upsert": _upsert,
}


def _csv(shown: Document, rows: list[Row]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    ends, delimiter = LINE_ENDS[shown["lineEnding"]], DELIMITERS[shown["columnDelimiter"]]
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
