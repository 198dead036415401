"""The catalogue of Salesforce: what rules and people can use, each with where it is written."""

from ..base import Operation

REST = "Salesforce REST API Developer Guide"
DATA = "/services/data/v{version}"
API = "api"
COLLECTIONS = REST + ": sObject Collections, 200 rows, HTTP 200 even when rows fail"
POLLED = REST + ": query, polled by SystemModstamp"

OPERATIONS = (
    Operation("lead_changed", "trigger", "A lead was created or changed", scope=API, source=POLLED),
    Operation("contact_changed", "trigger", "A contact was created or changed", scope=API, source=POLLED),
    Operation("task_changed", "trigger", "A task was created or changed", scope=API, source=POLLED),
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
)
