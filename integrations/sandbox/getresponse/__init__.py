"""A simulated GetResponse: contacts, lists, tags, custom fields, webinars, webhooks and the classic callback."""

from __future__ import annotations

from ..vendor import SimulatedVendor
from .acts import ACTS
from .auth import authenticate
from .errors import FAILURES, with_rate_headers
from .events import callback_verdict, delivery_verdict
from .options import API_KEY, CLIENT_ID, CLIENT_SECRET, SWITCHES
from .routes import ROUTES
from .seed import MAIN_LIST, NEWSLETTER_LIST, WEBINAR, seed

VENDOR = SimulatedVendor(
    slug="getresponse",
    label="GetResponse",
    mounts=(("/getresponse/v3", "/getresponse/v3"), ("/v3", "/v3")),
    routes=ROUTES,
    open_paths=("/oauth2_authorize.html", "/token"),
    authenticate=authenticate,
    failures=FAILURES,
    finish=with_rate_headers,
    switches=SWITCHES,
    indexes={
        "contact": ("email",),
        "removed": ("email",),
        "pending": ("email",),
        "unconfirmed": ("email",),
        "activity": ("contactId",),
        "visit": ("email",),
    },
    seed=seed,
    acts=ACTS,
    columns={
        "contact": ("contactId", "name", "email", "campaignId", "origin", "tags", "createdOn", "changedOn"),
        "removed": ("contactId", "name", "email", "campaignId", "reason", "deletedOn"),
        "unconfirmed": ("contactId", "name", "email", "campaignId", "createdOn"),
        "pending": ("contactId", "email", "mode", "ticks"),
        "activity": ("contactId", "activity", "subject", "createdOn"),
        "campaign": ("campaignId", "name", "optinTypes"),
        "tag": ("tagId", "name"),
        "customField": ("customFieldId", "name", "type", "format"),
        "webinar": ("webinarId", "name", "status", "statistics"),
        "webhook": ("webhookId", "url", "events"),
        "callback": ("url", "actions"),
        "blocklist": ("masks",),
        "customEvent": ("name", "contactId", "createdOn"),
    },
    sample_account={
        "api_key": API_KEY,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "list (Q2 Nurture List)": MAIN_LIST,
        "list (Newsletter)": NEWSLETTER_LIST,
        "webinar": WEBINAR,
    },
    delivery_rules={"webhook": delivery_verdict, "callback": callback_verdict},
)
