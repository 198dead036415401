"""The catalogue of Salesforce: what rules and people can use, each with where it is written."""

from dataclasses import replace
from typing import Literal

from ..base import Operation

REST = "Salesforce REST API Developer Guide"
DATA = "/services/data/v{version}"
API = "api"
COLLECTIONS = REST + ": sObject Collections, 200 rows, HTTP 200 even when rows fail"
POLLED = REST + ": query and queryAll, polled by SystemModstamp"
MESSAGES = "SOAP API Developer Guide: Outbound Messaging; up to 100 in a message, sent for 24 hours until acknowledged"
BULK_API = "Bulk API 2.0 and Bulk API Developer Guide"
TASK = "Object Reference: Task"
NOTE = "Object Reference: ContentNote; queries give the latest version only"

TRIGGERS = {
    "lead_changed": "A lead was created or changed",
    "lead_converted": "A lead was converted to a contact",
    "contact_changed": "A contact was created or changed",
    "record_deleted": "A lead or contact was deleted, or merged into another",
    "address_changed": "The e-mail address of a lead or contact changed",
    "opted_out": "Email Opt Out was ticked on a lead or contact",
    "task_changed": "A task was created, changed or deleted",
    "task_completed": "A task was closed",
}


def _operation(
    kind: Literal["action", "lookup"], key: str, label: str, call: str, parameters: str = "", source: str = REST
) -> Operation:
    """`call` is "METHOD path"; the path of a resource stands without its version, and parameters are words."""
    method, _space, path = call.partition(" ")
    whole = path if path.startswith("/services/") else f"{DATA}/{path}".rstrip("/")
    return Operation(key, kind, label, method, whole, API, tuple(parameters.split()), source)


def _subscribing(operation: Operation) -> Operation:
    return replace(operation, subscribing=True)


def _lookup(key: str, label: str, path: str, parameters: str = "", source: str = REST) -> Operation:
    return _operation("lookup", key, label, f"GET {path}", parameters, source)


def _action(key: str, label: str, call: str, parameters: str = "", source: str = REST) -> Operation:
    return _operation("action", key, label, call, parameters, source)


READING = (
    _lookup("list_resources", "List the resources of a version", ""),
    _lookup("next_page", "Read the next page of a query", "query/{cursor}", "cursor", REST + ": nextRecordsUrl"),
    _lookup("explain_query", "Say how a query would be carried out", "query", "explain"),
    _lookup("search", "Search all objects (SOSL)", "search", "q"),
    _lookup("parameterized_search", "Search without SOSL", "parameterizedSearch", "q sobject fields overallLimit"),
    _lookup("object_information", "Read an object's facts and recent records", "sobjects/{object}", "object"),
    _lookup(
        "get_record_by_key",
        "Read a record by external id",
        "sobjects/{object}/{field}/{value}",
        "object field value",
        REST + ": 300 when several have it",
    ),
    _lookup(
        "read_records", "Read several records by id", "composite/sobjects/{object}", "object ids fields", COLLECTIONS
    ),
    _lookup(
        "list_updated",
        "List the ids of changed records",
        "sobjects/{object}/updated",
        "object start end",
        REST + ": sObject Get Updated, 30 days back; seconds are ignored",
    ),
    _lookup(
        "list_deleted",
        "List the ids of deleted records",
        "sobjects/{object}/deleted",
        "object start end",
        REST + ": sObject Get Deleted, 15 days back",
    ),
    _lookup("describe_layouts", "Describe an object's layouts", "sobjects/{object}/describe/layouts", "object"),
    _lookup("list_views", "List an object's list views", "sobjects/{object}/listviews", "object"),
    _lookup("list_quick_actions", "List an object's quick actions", "sobjects/{object}/quickActions", "object"),
    _lookup("record_counts", "Count records roughly", "limits/recordCount", "sObjects"),
    _lookup("recent_records", "List what was viewed last", "recent", "limit"),
    _lookup("list_tabs", "List the tabs that the user sees", "tabs"),
    _lookup("list_standard_actions", "List actions that come with Salesforce", "actions/standard"),
    _lookup("list_custom_actions", "List the org's own actions: flows, Apex", "actions/custom"),
    _lookup("list_flows", "List flows that can be started", "actions/custom/flow"),
    _lookup("list_approvals", "List approval processes", "process/approvals"),
    _lookup("read_note", "Read the text of a note", "sobjects/ContentNote/{id}/Content", "id", NOTE),
    _lookup("user_information", "Read who is signed in", "/services/oauth2/userinfo", source="OpenID Connect userinfo"),
)
WRITING = (
    _action(
        "composite",
        "Make several calls in one, each may use what an earlier one gave",
        "POST composite",
        "allOrNone compositeRequest",
        REST + ": 25 calls",
    ),
    _action(
        "composite_batch", "Make several independent calls in one", "POST composite/batch", "batchRequests haltOnError"
    ),
    _action("composite_graph", "Make chains of calls, each all or nothing", "POST composite/graph", "graphs"),
    _action("create_tree", "Create records with what hangs on them", "POST composite/tree/{object}", "object records"),
    _action("update_member", "Change a campaign member's status", "PATCH sobjects/CampaignMember/{id}", "id Status"),
    _action("remove_from_campaign", "Take somebody out of a campaign", "DELETE sobjects/CampaignMember/{id}", "id"),
    _action("opt_out_lead", "Tick Email Opt Out on a lead", "PATCH sobjects/Lead/{id}", "id HasOptedOutOfEmail"),
    _action(
        "opt_out_contact", "Tick Email Opt Out on a contact", "PATCH sobjects/Contact/{id}", "id HasOptedOutOfEmail"
    ),
    _action("update_task", "Change a task", "PATCH sobjects/Task/{id}", "id Subject ActivityDate Status OwnerId", TASK),
    _action(
        "complete_task", "Complete a task", "PATCH sobjects/Task/{id}", "id Status", TASK + "; IsClosed follows Status"
    ),
    _action("delete_task", "Delete a task", "DELETE sobjects/Task/{id}", "id", TASK),
    _action("create_note", "Create a note", "POST sobjects/ContentNote", "Title Content", NOTE),
    _action(
        "link_note",
        "Link a note to a record",
        "POST sobjects/ContentDocumentLink",
        "ContentDocumentId LinkedEntityId ShareType",
        "Object Reference: ContentDocumentLink; the same link a second time is an error",
    ),
    _action("update_note", "Change a note", "PATCH sobjects/ContentNote/{id}", "id Title Content", NOTE),
    _action("delete_note", "Delete a note", "DELETE sobjects/ContentNote/{id}", "id", NOTE),
    _action(
        "create_old_note",
        "Create a note of the older kind",
        "POST sobjects/Note",
        "ParentId Title Body",
        "Object Reference: Note",
    ),
    _action("run_flow", "Start a flow", "POST actions/custom/flow/{flow}", "flow inputs"),
    _subscribing(  # emailSimple and emailAlert are among them
        _action(
            "run_standard_action",
            "Run an action that comes with Salesforce",
            "POST actions/standard/{action}",
            "action inputs",
        )
    ),
    _action("submit_approval", "Submit, approve or reject", "POST process/approvals", "requests"),
    _action(
        "revoke_token", "Sign out", "POST /services/oauth2/revoke", "token", "help.salesforce.com: Revoke OAuth Tokens"
    ),
)
BULK = (
    _action(
        "create_bulk_job",
        "Open a bulk job",
        "POST jobs/ingest",
        "object operation externalIdFieldName assignmentRuleId contentType lineEnding",
        BULK_API,
    ),
    _action("upload_bulk_rows", "Upload the rows of a bulk job", "PUT jobs/ingest/{job}/batches", "job", BULK_API),
    _action("change_bulk_job", "Start or abort a bulk job", "PATCH jobs/ingest/{job}", "job state", BULK_API),
    _action("delete_bulk_job", "Delete a bulk job", "DELETE jobs/ingest/{job}", "job", BULK_API),
    _lookup("get_bulk_job", "See how far a bulk job is", "jobs/ingest/{job}", "job", BULK_API),
    _lookup("list_bulk_jobs", "List bulk jobs", "jobs/ingest", "jobType", BULK_API),
    _lookup(
        "bulk_successes", "Read the rows that were written", "jobs/ingest/{job}/successfulResults", "job", BULK_API
    ),
    _lookup("bulk_failures", "Read the rows that were refused", "jobs/ingest/{job}/failedResults", "job", BULK_API),
    _lookup(
        "bulk_leftovers", "Read the rows that were left out", "jobs/ingest/{job}/unprocessedrecords", "job", BULK_API
    ),
    _action("create_bulk_query", "Open a bulk query", "POST jobs/query", "operation query", BULK_API),
    _lookup("get_bulk_query", "See how far a bulk query is", "jobs/query/{job}", "job", BULK_API),
    _lookup(
        "bulk_query_rows",
        "Read the rows of a bulk query",
        "jobs/query/{job}/results",
        "job locator maxRecords",
        BULK_API,
    ),
)

OPERATIONS = (
    *(Operation(key, "trigger", label, scope=API, source=POLLED) for key, label in TRIGGERS.items()),
    Operation("message_received", "trigger", "An outbound message came", source=MESSAGES),
    Operation(
        "get_token",
        "lookup",
        "Sign in",
        "POST",
        "/services/oauth2/token",
        "",
        ("grant_type", "client_id", "client_secret", "assertion"),
        "help.salesforce.com: OAuth client credentials flow; JWT bearer flow",
    ),
    Operation("list_versions", "lookup", "List API versions", "GET", "/services/data/", API, source=REST),
    Operation("get_limits", "lookup", "Read the org's limits", "GET", f"{DATA}/limits", API, source=REST),
    Operation("list_objects", "lookup", "List objects", "GET", f"{DATA}/sobjects", API, source=REST),
    Operation(
        "describe",
        "lookup",
        "Describe an object",
        "GET",
        f"{DATA}/sobjects/{{object}}/describe",
        API,
        ("object",),
        REST,
    ),
    Operation("query", "lookup", "Query records", "GET", f"{DATA}/query", API, ("q",), REST),
    Operation("query_all", "lookup", "Query records, deleted ones too", "GET", f"{DATA}/queryAll", API, ("q",), REST),
    Operation(
        "get_record",
        "lookup",
        "Read a record",
        "GET",
        f"{DATA}/sobjects/{{object}}/{{id}}",
        API,
        ("object", "id", "fields"),
        REST,
    ),
    Operation(
        "create_record", "action", "Create a record", "POST", f"{DATA}/sobjects/{{object}}", API, ("object",), REST
    ),
    Operation(
        "update_record",
        "action",
        "Change a record",
        "PATCH",
        f"{DATA}/sobjects/{{object}}/{{id}}",
        API,
        ("object", "id"),
        REST,
    ),
    Operation(
        "upsert_record",
        "action",
        "Create or change a record by external id",
        "PATCH",
        f"{DATA}/sobjects/{{object}}/{{field}}/{{value}}",
        API,
        ("object", "field", "value"),
        REST + ": 201 created, 200 changed, 300 several",
    ),
    Operation(
        "delete_record",
        "action",
        "Delete a record",
        "DELETE",
        f"{DATA}/sobjects/{{object}}/{{id}}",
        API,
        ("object", "id"),
        REST,
    ),
    Operation(
        "create_records",
        "action",
        "Create records",
        "POST",
        f"{DATA}/composite/sobjects",
        API,
        ("records",),
        COLLECTIONS,
    ),
    Operation(
        "update_records",
        "action",
        "Change records",
        "PATCH",
        f"{DATA}/composite/sobjects",
        API,
        ("records",),
        COLLECTIONS,
    ),
    Operation(
        "upsert_records",
        "action",
        "Create or change records by external id",
        "PATCH",
        f"{DATA}/composite/sobjects/{{object}}/{{field}}",
        API,
        ("object", "field", "records"),
        COLLECTIONS,
    ),
    Operation(
        "delete_records", "action", "Delete records", "DELETE", f"{DATA}/composite/sobjects", API, ("ids",), COLLECTIONS
    ),
    Operation(
        "add_to_campaign",
        "action",
        "Add a lead or contact to a campaign",
        "POST",
        f"{DATA}/sobjects/CampaignMember",
        API,
        ("CampaignId", "LeadId", "ContactId", "Status"),
        "Object Reference: CampaignMember; create only creates, an existing member is updated by its id",
    ),
    Operation(
        "create_task",
        "action",
        "Create a task",
        "POST",
        f"{DATA}/sobjects/Task",
        API,
        ("WhoId", "Subject", "ActivityDate", "Status", "Priority", "Description"),
        "Object Reference: Task",
    ),
    *READING,
    *WRITING,
    *BULK,
)
