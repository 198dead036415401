"""A simulated HighLevel: one location with contacts, tasks, notes, tags, Do Not Disturb, and an app's webhooks."""

from __future__ import annotations

from ..vendor import SimulatedVendor
from .acts import ACTS
from .auth import authenticate
from .errors import FAILURES, with_rate_headers
from .events import delivery_verdict, workflow_verdict
from .oauth import PATHS as OPEN_PATHS
from .options import CLIENT_ID, CLIENT_SECRET, LOCATION, SWITCHES, TOKEN
from .routes import ROUTES
from .seed import CAMPAIGN, WORKFLOW, seed
from .signing import PUBLIC_KEY

VENDOR = SimulatedVendor(
    slug="highlevel",
    label="HighLevel",
    mounts=(("/highlevel", "/highlevel"),),
    routes=ROUTES,
    open_paths=OPEN_PATHS,
    authenticate=authenticate,
    failures=FAILURES,
    finish=with_rate_headers,
    switches=SWITCHES,
    indexes={
        "contact": ("email", "phone"),
        "task": ("contactId",),
        "note": ("contactId",),
        "appointment": ("contactId",),
        "enrolment": ("contactId",),
        "conversation": ("contactId",),
        "message": ("conversationId",),
    },
    seed=seed,
    acts=ACTS,
    columns={
        "contact": ("id", "firstName", "lastName", "email", "phone", "tags", "dnd", "dndSettings", "dateUpdated"),
        "task": ("id", "contactId", "title", "dueDate", "completed", "assignedTo"),
        "note": ("id", "contactId", "title", "body"),
        "appointment": ("id", "contactId", "title", "startTime", "appointmentStatus"),
        "enrolment": ("contactId", "kind", "id"),
        "tag": ("id", "name"),
        "customField": ("id", "name", "fieldKey", "dataType"),
        "user": ("id", "name", "email"),
        "workflow": ("id", "name", "status"),
        "campaign": ("id", "name", "status"),
        "business": ("id", "name"),
        "conversation": ("id", "contactId"),
        "message": ("id", "conversationId", "direction", "body"),
        "webhook": ("url",),
    },
    sample_account={
        "token": TOKEN,
        "location_id": LOCATION,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "webhook_public_key": PUBLIC_KEY,
        "workflow (Welcome)": WORKFLOW,
        "campaign (Nurture)": CAMPAIGN,
    },
    delivery_rules={"app webhook": delivery_verdict, "workflow": workflow_verdict},
)
