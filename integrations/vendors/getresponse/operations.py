"""The catalogue of GetResponse: what rules and people can use, each with where it is written."""

from ..base import Operation

OAS = "GetResponse OpenAPI 3.2026-07-28"
CALLBACKS = "apidocs.getresponse.com/article/callbacks"
WEBHOOKS = "apidocs.getresponse.com/v3/payloads"
QUEUED = OAS + "; answers 202 without an id, the contact appears later or never"
REPLACES = OAS + "; tags and customFieldValues replace the whole collection, campaign moves the contact"

OPERATIONS = (
    Operation("subscribed", "trigger", "A contact was added to a list", source=CALLBACKS + " and " + WEBHOOKS),
    Operation("unsubscribed", "trigger", "A contact used the unsubscribe link", source=CALLBACKS + " and " + WEBHOOKS),
    Operation("opened", "trigger", "A contact opened a message", source=CALLBACKS + " and " + WEBHOOKS),
    Operation("clicked", "trigger", "A contact clicked a link in a message", source=CALLBACKS + " and " + WEBHOOKS),
    Operation("moved", "trigger", "A contact was moved to another list", source=WEBHOOKS),
    Operation("copied", "trigger", "A contact was copied to another list", source=WEBHOOKS),
    Operation("custom_field_changed", "trigger", "A custom field of a contact changed", source=WEBHOOKS),
    Operation("email_changed", "trigger", "The address of a contact changed", source=WEBHOOKS),
    Operation("bounced", "trigger", "A contact was removed because mail bounced", source=WEBHOOKS),
    Operation("get_account", "lookup", "Read the account", "GET", "/accounts", source=OAS),
    Operation("get_callbacks", "lookup", "Read the account's callback", "GET", "/accounts/callbacks", source=OAS),
    Operation(
        "set_callbacks", "action", "Set the callback", "POST", "/accounts/callbacks", "", ("url", "actions"), source=OAS
    ),
    Operation("remove_callbacks", "action", "Remove the callback", "DELETE", "/accounts/callbacks", source=OAS),
    Operation(
        "list_contacts",
        "lookup",
        "List active contacts",
        "GET",
        "/contacts",
        "",
        ("query[email]", "query[name]", "query[campaignId]", "query[origin]", "additionalFlags", "page", "perPage"),
        OAS + "; without tags and custom fields",
    ),
    Operation(
        "get_contact", "lookup", "Read a contact", "GET", "/contacts/{contactId}", "", ("contactId", "fields"), OAS
    ),
    Operation(
        "create_contact",
        "action",
        "Add a contact to a list",
        "POST",
        "/contacts",
        "",
        ("email", "campaign", "name", "dayOfCycle", "scoring", "tags", "customFieldValues"),
        QUEUED,
    ),
    Operation(
        "update_contact",
        "action",
        "Change a contact",
        "POST",
        "/contacts/{contactId}",
        "",
        ("contactId", "email", "name", "campaign", "note", "scoring", "tags", "customFieldValues"),
        REPLACES,
    ),
    Operation(
        "delete_contact",
        "action",
        "Remove a contact from its list",
        "DELETE",
        "/contacts/{contactId}",
        "",
        ("contactId", "messageId", "ipAddress"),
        OAS,
    ),
    Operation(
        "add_tags", "action", "Add tags", "POST", "/contacts/{contactId}/tags", "", ("contactId", "tags"), source=OAS
    ),
    Operation(
        "set_custom_fields",
        "action",
        "Set custom fields",
        "POST",
        "/contacts/{contactId}/custom-fields",
        "",
        ("contactId", "customFieldValues"),
        OAS,
    ),
    Operation(
        "get_activities",
        "lookup",
        "Read what a contact was sent, opened and clicked",
        "GET",
        "/contacts/{contactId}/activities",
        "",
        ("contactId", "query[createdOn][from]", "query[createdOn][to]"),
        OAS + "; the last 14 days by default",
    ),
    Operation(
        "get_consents", "lookup", "Read consents", "GET", "/contacts/{contactId}/consents", "", ("contactId",), OAS
    ),
    Operation(
        "search_contacts",
        "lookup",
        "Search contacts, also removed and unconfirmed ones",
        "POST",
        "/search-contacts/contacts",
        "",
        ("subscribersType", "section", "page", "perPage"),
        OAS,
    ),
    Operation(
        "block_addresses",
        "action",
        "Block addresses for all lists",
        "POST",
        "/accounts/blocklists",
        "",
        ("masks", "additionalFlags"),
        OAS + "; without additionalFlags=add the whole list is replaced",
    ),
    Operation("list_lists", "lookup", "List the lists", "GET", "/campaigns", "", ("page", "perPage"), OAS),
    Operation("list_tags", "lookup", "List tags", "GET", "/tags", "", ("query[name]", "page", "perPage"), OAS),
    Operation("create_tag", "action", "Create a tag", "POST", "/tags", "", ("name",), OAS),
    Operation("list_custom_fields", "lookup", "List custom fields", "GET", "/custom-fields", source=OAS),
    Operation("list_webinars", "lookup", "List webinars", "GET", "/webinars", source=OAS + "; totals only"),
)
