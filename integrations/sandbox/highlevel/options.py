"""How the simulated location of HighLevel is set up, beside the failures that every vendor has."""

from __future__ import annotations

from ..switches import Switch

TOKEN = "pit-sandbox-highlevel-token"
LOCATION = "locSandbox0001"
SCOPES = (
    *("contacts.readonly", "contacts.write", "locations.readonly", "locations/tags.readonly", "locations/tags.write"),
    *("locations/customFields.readonly", "locations/customFields.write", "locations/tasks.readonly"),
    *("users.readonly", "workflows.readonly", "campaigns.readonly", "businesses.readonly", "businesses.write"),
    *("calendars.readonly", "calendars/events.readonly", "calendars/events.write"),
    *("conversations.readonly", "conversations.write", "conversations/message.readonly"),
    *("conversations/message.write", "locations/customValues.readonly"),
)

SWITCHES = (
    Switch("token", "The private integration token that is accepted", "text", TOKEN),
    Switch("scopes", "Its scopes", "list", list(SCOPES)),
    Switch("allow_duplicates", "Allow Duplicate Contact: several contacts with one address", "flag", False),
    Switch("rate_max", "Calls in 10 seconds, as the headers say (a trial account: 25)", "number", 100),
    Switch("daily_limit", "Calls a day, as the headers say", "number", 200_000),
    Switch("daily_remaining", "Calls left today; 0 refuses all", "number", 199_990),
    Switch("search_lag", "The next searches do not know of the last ten seconds", "count", 0),
    Switch("refuse_but_create", "Answer 422 to the next creates, and create all the same", "count", 0),
    Switch("command_timeout", "Answer the next calls 401 Command timed out", "count", 0),
    Switch("gateway_html", "Answer the next calls 502 with a page of the gateway", "count", 0),
    Switch("dnd_ignored", "Take the next Do Not Disturb and do nothing", "count", 0),
    Switch("dnd_replaces", "Do Not Disturb of some channels replaces that of all", "flag", False),
    Switch("announce_api_writes", "Tell of what the API wrote, too", "flag", True),
    Switch("thin_task_events", "TaskCreate without contact and text", "flag", True),
    Switch("webhook_gaps", "Seconds before each retry of a webhook", "list", ["0.5", "1", "2"]),
    Switch("webhook_timeout", "Seconds a webhook may take", "number", 5),
)
