"""The catalogue of Responder Live: what rules and people can use, each with where it is written."""

from ..base import Operation

GEM = "Public Ruby client of V2 (responder.md §2a, sureness B)"
TESTED = "Public client whose tests ran against the live API (responder.md §2a, sureness B)"
SWAGGER = "A transcription of the vendor's Swagger (responder.md §2a, sureness C)"
ARTICLE = "The vendor's article on webhooks (responder.md §3a, sureness A)"
OURS = "Crosswalk: docs/vendors/responder.md; Responder Live has no messages"

OPERATIONS = (
    Operation("joined", "trigger", "Somebody joined a list", source=ARTICLE),
    Operation("rejoined", "trigger", "Somebody joined a list again", source=ARTICLE),
    Operation("changed", "trigger", "A field or the status of a subscriber changed", source=ARTICLE),
    Operation("opened", "trigger", "Somebody opened a mailing, by an automation's webhook", source=ARTICLE),
    Operation("clicked", "trigger", "Somebody clicked a link, by an automation's webhook", source=ARTICLE),
    Operation("message_received", "trigger", "A message came in, passed on by another tool", source=OURS),
    Operation("get_account", "lookup", "Read the account", "GET", "/me", source=SWAGGER),
    Operation("list_lists", "lookup", "List the lists", "GET", "/lists", "", ("limit", "offset"), TESTED),
    Operation("get_list", "lookup", "Read a list", "GET", "/lists/{listId}", "", ("listId",), SWAGGER),
    Operation("create_list", "action", "Create a list", "POST", "/lists", "", ("name",), TESTED),
    Operation("delete_list", "action", "Delete a list", "DELETE", "/lists/{listId}", "", ("listId",), TESTED),
    Operation(
        "list_members", "lookup", "List the members of a list", "GET", "/lists/{listId}/subscribers", "",
        ("listId", "limit", "offset"), TESTED,
    ),
    Operation(
        "list_subscribers", "lookup", "List all subscribers, or those of an address", "GET", "/subscribers", "",
        ("email", "limit", "offset"), TESTED,
    ),
    Operation(
        "search_list", "lookup", "Search within a list", "POST", "/subscribers/search", "",
        ("listId", "searchKey", "offset", "size"), GEM + "; the query stands on a POST",
    ),
    Operation(
        "get_subscriber", "lookup", "Read a subscriber", "GET", "/subscribers/{subscriberId}", "",
        ("subscriberId",), TESTED,
    ),
    Operation(
        "create_subscriber", "action", "Add or change a subscriber", "POST", "/subscribers", "",
        ("email", "phone", "first", "last", "list_ids", "personal_fields", "tags_names", "override", "rejoin"), GEM,
        True, True,
    ),
    Operation(
        "update_subscriber", "action", "Change a subscriber", "PUT", "/subscribers/{subscriberId}", "",
        ("subscriberId", "email", "phone", "first", "last", "personal_fields", "unsubscribed"), GEM, True,
    ),
    Operation(
        "delete_subscriber", "action", "Delete a subscriber for good", "DELETE", "/subscribers/{subscriberId}", "",
        ("subscriberId",), TESTED, True,
    ),
    Operation(
        "join_list", "action", "Put somebody on a list", "POST", "/lists/{listId}/subscribers", "",
        ("listId", "email", "phone", "override", "rejoin"), TESTED, True, True,
    ),
    Operation(
        "leave_list", "action", "Take somebody off a list", "DELETE", "/lists/{listId}/subscribers/{subscriberId}", "",
        ("listId", "subscriberId"), TESTED, True,
    ),
    Operation("list_tags", "lookup", "List the tags", "GET", "/tag", source=GEM + "; the path is singular"),
    Operation(
        "add_tag", "action", "Tag subscribers", "POST", "/tags/subscribers", "", ("tag_id", "subscriber_ids"),
        GEM + "; the body is of sureness C", True,
    ),
    Operation("list_personal_fields", "lookup", "List the personal fields", "GET", "/personal-fields", source=GEM),
    Operation(
        "list_fields_of_list", "lookup", "List the fields of a list", "GET", "/lists/{listId}/personal-fields", "",
        ("listId",), GEM,
    ),
    Operation(
        "create_personal_field", "action", "Create a personal field", "POST", "/personal-fields", "",
        ("list_id", "name"), GEM + "; the rest of the body is unknown",
    ),
    Operation("list_webhooks", "lookup", "List a list's webhooks", "GET", "/webhooks", "", ("list_id",), GEM),
    Operation(
        "create_webhook", "action", "Create a webhook of a list", "POST", "/webhooks", "",
        ("list_id", "url", "name", "webhooks_send_type_id", "events", "merges"), GEM,
    ),
    Operation(
        "delete_webhook", "action", "Delete a webhook", "DELETE", "/webhooks/{webhookId}", "", ("webhookId",), GEM,
    ),
)  # fmt: skip
