"""How the simulated Responder Live account is set up, beside the failures that every vendor has."""

from __future__ import annotations

from ..switches import Switch

CLIENT_ID = 238
CLIENT_SECRET, USER_TOKEN = "sandbox-responder-secret", "sandbox-responder-user-token"
FOURTEEN_DAYS = 14 * 24 * 3600

SWITCHES = (
    Switch("client_secret", "The client secret that is accepted", "text", CLIENT_SECRET),
    Switch("token_field", "What the token is called", "choice", "token", ("token", "access_token")),
    Switch("token_seconds", "How long a token is good", "number", FOURTEEN_DAYS),
    Switch("failure_style", "A failure is HTTP 200 with status:false, or a 4xx", "choice", "200", ("200", "4xx")),
    Switch(
        "optout_field",
        "Which field shows an opt-out when a subscriber is read",
        "choice",
        "unsubscribed",
        ("unsubscribed", "account_status", "status", "none"),
    ),
    Switch("sms_field", "Show the SMS opt-out as sms_unsubscribed", "flag", True),
    Switch("text_ids", "Write ids as texts", "flag", False),
    Switch("fields_in_pages", "Pages of a list have personal fields", "flag", False),
    Switch("page_limit", "Most rows of a page", "number", 500),
    Switch(
        "duplicate_answer",
        "What adding somebody who is on the list is answered",
        "choice",
        "updated",
        ("updated", "duplicate", "already"),
    ),
    Switch("created_id", "Say the id of who was added", "flag", True),
    Switch("webhook_gaps", "Seconds before each retry of a webhook", "list", ["0.2", "0.5", "1"]),
)
