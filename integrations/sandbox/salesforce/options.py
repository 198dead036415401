"""How the simulated org is set up: credentials, permissions, field-level security, duplicate and validation rules."""

from __future__ import annotations

from ..switches import Switch

CLIENT_ID, CLIENT_SECRET = "sandbox-client-id", "sandbox-client-secret"
USERNAME = "integration@example.com"

SWITCHES = (
    Switch("client_id", "The consumer key that is accepted", "text", CLIENT_ID),
    Switch("client_secret", "The consumer secret that is accepted", "text", CLIENT_SECRET),
    Switch("client_credentials_flow", "Client credentials flow is on, with a Run As user", "flag", True),
    Switch("username", "The user a JWT may act as", "text", USERNAME),
    Switch("jwt_public_key", "Public key (PEM) that checks JWTs; empty: signatures are not checked", "text", ""),
    Switch("lock_row", "Refuse the next records as locked", "count", 0),
    Switch("edit_converted_leads", "The user may edit converted leads", "flag", False),
    Switch("notes_enabled", "Notes (ContentNote) are switched on", "flag", True),
    Switch("hidden_fields", "Fields the user does not see (Lead.HasOptedOutOfEmail, …)", "list", []),
    Switch("readonly_fields", "Fields the user sees and may not write", "list", []),
    Switch("restricted_picklists", "Picklists that take only their own values (Lead.Status, …)", "list", []),
    Switch(
        "duplicate_rule",
        "Duplicate rule on the e-mail of leads and contacts",
        "choice",
        "off",
        ("off", "alert", "block"),
    ),
    Switch("validation_rule", "Refuse a record with this value (Lead.Company=Refused Ltd)", "text", ""),
    Switch("validation_message", "What the validation rule says", "text", "This value is not allowed."),
    Switch("bulk_looks", "How often a bulk job says that it is under way", "number", 0),
    Switch("bulk_stops_after", "Rows after which bulk jobs are aborted (0: never)", "number", 0),
    Switch("query_page_size", "Records on a page of a query (0: as asked)", "number", 0),
    Switch("daily_limit", "Calls the org has in 24 hours", "number", 15000),
)
