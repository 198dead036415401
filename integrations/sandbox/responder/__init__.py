"""A simulated Responder Live: lists, subscribers, tags, personal fields and the webhooks of its lists."""

from __future__ import annotations

from ..vendor import SimulatedVendor
from .acts import ACTS
from .auth import authenticate
from .errors import FAILURES
from .events import verdict
from .options import CLIENT_ID, CLIENT_SECRET, SWITCHES, USER_TOKEN
from .routes import ROUTES
from .seed import CUSTOMERS, EVERYBODY, seed

VENDOR = SimulatedVendor(
    slug="responder",
    label="Responder Live",
    mounts=(("/responder/v2", "/responder/v2"),),
    routes=ROUTES,
    open_paths=("/oauth/token",),
    authenticate=authenticate,
    failures=FAILURES,
    finish=lambda call, response: response,
    switches=SWITCHES,
    indexes={"subscriber": ("email", "phone")},
    seed=seed,
    acts=ACTS,
    columns={
        "subscriber": ("id", "first", "last", "email", "phone", "state", "sms", "lists", "tags", "created"),
        "list": ("id", "name", "is_all_lists", "dynamic_status"),
        "tag": ("id", "name"),
        "personal_field": ("id", "name", "type", "list_id"),
        "webhook": ("id", "list_id", "name", "events", "url", "active"),
    },
    sample_account={
        "client_id": str(CLIENT_ID),
        "client_secret": CLIENT_SECRET,
        "user_token": USER_TOKEN,
        "list (לקוחות)": str(CUSTOMERS),
        "list (כל הנמענים)": str(EVERYBODY),
    },
    delivery_rules={"responder-webhook": verdict},
)
