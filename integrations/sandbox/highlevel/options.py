"""How the simulated location of HighLevel is set up, beside the failures that every vendor has."""

from __future__ import annotations

from ..switches import Switch

TOKEN = "pit-sandbox-highlevel-token"
LOCATION, COMPANY = "locSandbox0001", "cmpSandbox0001"
CLIENT_ID, CLIENT_SECRET = "698d0a1b2c3d4e5f60718293-sandbox0", "sandbox-highlevel-secret"
SCOPES = (
    *("contacts.readonly", "contacts.write", "locations.readonly", "locations/tags.readonly", "locations/tags.write"),
    *("locations/customFields.readonly", "locations/customFields.write", "locations/tasks.readonly"),
    *("users.readonly", "workflows.readonly", "campaigns.readonly", "businesses.readonly", "businesses.write"),
    *("calendars.readonly", "calendars/events.readonly", "calendars/events.write"),
    *("conversations.readonly", "conversations.write", "conversations/message.readonly"),
    *("conversations/message.write", "locations/customValues.readonly"),
)

# 12 retries, further and further apart (§3.5); how far HighLevel does not say
GAPS = [str(0.5 * 2**retry) for retry in range(12)]

SWITCHES = (
    Switch("token", "The private integration token that is accepted", "text", TOKEN),
    Switch("scopes", "Its scopes", "list", list(SCOPES)),
    Switch("client_id", "The app's client ID", "text", CLIENT_ID),
    Switch("client_secret", "Its client secret", "text", CLIENT_SECRET),
    Switch("private_app", "The app is private: its installation URL needs version_id", "flag", True),
    Switch("oauth_redirect_url", "The app's redirect URL", "text", ""),
    Switch("install_as", "What an installation gives a token of", "choice", "Location", ("Location", "Company")),
    Switch("echo_state", "Give the state back after the sign-in", "flag", False),
    Switch("token_seconds", "How long an access token is good", "number", 86_399),
    Switch("refresh_grace_seconds", "How long a used refresh token gets the same answer", "number", 30),
    Switch("location_paused", "The location is paused or unpaid", "flag", False),
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
    Switch("quiet_changes", "Tags and Do Not Disturb do not move dateUpdated", "flag", False),
    Switch("webhook_signature", "The signature of a webhook", "choice", "right", ("right", "wrong", "unsigned")),
    Switch("webhook_gaps", "Seconds before each retry of a webhook", "list", GAPS),
    Switch("webhook_timeout", "Seconds a webhook may take", "number", 5),
)
