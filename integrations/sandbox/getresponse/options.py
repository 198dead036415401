"""How the simulated GetResponse account is set up, beside the failures that every vendor has."""

from __future__ import annotations

from ..switches import Switch

API_KEY = "sandbox-getresponse-key"
CLIENT_ID, CLIENT_SECRET = "sandbox-client-id", "sandbox-client-secret"

SWITCHES = (
    Switch("api_key", "The API key that is accepted", "text", API_KEY),
    Switch("x_domain", "Demand this X-Domain, as a MAX account does (empty: none)", "text", ""),
    Switch("client_id", "The application's client ID", "text", CLIENT_ID),
    Switch("client_secret", "Its client secret", "text", CLIENT_SECRET),
    Switch("oauth_redirect_url", "Where its sign-in page goes back to", "text", ""),
    Switch("token_seconds", "How long an access token is good", "number", 3600),
    Switch("bad_key_status", "HTTP status of a refused key", "choice", "401", ("401", "403")),
    Switch("retry_after", "Send Retry-After with a 429", "flag", True),
    Switch(
        "rate_headers",
        "Rate headers: of the 10-minute frame, of the second, none",
        "choice",
        "frame",
        ("frame", "second", "none"),
    ),
    Switch(
        "create_mode",
        "What becomes of a contact made by API",
        "choice",
        "normal",
        ("normal", "double_optin", "late_reject"),
    ),
    Switch("create_delay", "After how many calls it appears", "number", 0),
    Switch("announce_api_contacts", "Tell of contacts made by API, too", "flag", True),
    Switch("webhook_batch", "Events in one webhook (1: a single object)", "number", 1),
    Switch("webhook_gaps", "Seconds before each retry of a webhook", "list", ["0.5", "1", "2"]),
    Switch("webhook_timeout", "Seconds a webhook may take", "number", 5),
    Switch("callback_timeout", "Seconds a classic callback may take", "number", 4),
)
