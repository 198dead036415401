"""What Responder Live can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, ObjectCapability, OptOutField, Watch
from ..lookups import LookUp
from .fields import ID, LISTS, UNSUBSCRIBED

SOURCE = "Responder Live API V2 as public clients use it (responder.md §2a)"
HOOK = "Pushed by a list's webhook, which Crosswalk can make."
SCANNED = "Every subscriber is compared with yesterday's once in 24 hours: Responder Live lists nothing by change."
BY_YOUR_HOOK = "Pushed by a webhook that you make in Responder Live with keys that begin so:"
NOT_TOLD = "Responder Live tells it to nobody."

RECORD_WRITES = ("upsert", "create", "update", "set", "delete")
SCAN_EVENTS = (
    *("contact.subscribed", "contact.updated", "contact.email_changed", "contact.undeliverable"),
    "opt_out.changed",
)

CAPABILITIES = Capabilities(
    objects=(
        ObjectCapability(
            "subscriber",
            "contact",
            reads=("read", "find", "page"),
            writes=(*RECORD_WRITES, "opt_out", "opt_in", "add_tags", "add_to_campaign", "remove_from_campaign"),
            id_field=ID,
            batch=10,  # a write is a call of its own; so many are settled together
            subscribing=("upsert", "create", "add_to_campaign"),
            addresses={"email": "email", "phone": "phone"},
            found_by_email=True,  # webhooks hold what people chose, mostly no id (responder.md §3a)
            made_field="created",
            name_fields=("name", "first", "last"),
            source=SOURCE + ": /subscribers; one subscriber is one person on any number of lists",
        ),
        ObjectCapability("list", "campaign", reads=("page",), id_field=ID, source=SOURCE + ": GET /lists"),
        ObjectCapability("tag", "tag", reads=("page",), id_field=ID, source=SOURCE + ": GET /tag"),
    ),
    events=(
        EventCapability("contact.subscribed", "pushed", f"{HOOK} By whatever way somebody joined a list. {SCANNED}"),
        EventCapability("contact.updated", "pushed", f"{HOOK} Any field, or the status. {SCANNED}"),
        EventCapability("contact.email_changed", "polled", SCANNED),
        EventCapability(
            "opt_out.changed",
            "pushed",
            f"{SCANNED} At once when a webhook of yours sends the status; what is said is opt_out_level.",
        ),
        EventCapability("contact.unsubscribed", "pushed", f"{BY_YOUR_HOOK} left_"),
        EventCapability("contact.undeliverable", "polled", f"{SCANNED} Blocked by Responder Live's system."),
        EventCapability("form.submitted", "pushed", f"{BY_YOUR_HOOK} form_"),
        EventCapability("email.opened", "pushed", f"{BY_YOUR_HOOK} opened_ , in an automation."),
        EventCapability("email.clicked", "pushed", f"{BY_YOUR_HOOK} clicked_ , in an automation."),
        EventCapability(
            "message.received",
            "pushed",
            "Crosswalk's own addition: Responder Live has no messages. Another tool sends them to the webhook URL.",
        ),
        EventCapability("message.sent", "pushed", "Crosswalk's own addition, as message.received, for your answers."),
        EventCapability("contact.tagged", "invisible", NOT_TOLD),
        EventCapability("contact.untagged", "invisible", NOT_TOLD),
        EventCapability("contact.deleted", "invisible", NOT_TOLD + " Who is missing is never taken for an opt-out."),
    ),
    watches=(Watch("subscribers", "all subscribers, compared", SCAN_EVENTS, timedelta(hours=24), SOURCE + "; §3d"),),
    # Nobody has published a number: two calls a second on average is the fact sheet's advice (§2c), over a length in
    # which the look-ups of one batch fit.
    limits=((1200, timedelta(minutes=10)),),
    opt_outs=(OptOutField("subscriber", "email", UNSUBSCRIBED, True, email_field="email"),),
    consent_paths=("created",),
    callbacks=True,
    campaign_object="subscriber",
    lookups=(
        LookUp("lists", "lists", "campaign", fields=(LISTS, "list.id"), source=SOURCE + ": GET /lists"),
        LookUp("tags", "tags", "tag", fields=("tags",), by_name=True, source=SOURCE + ": GET /tag"),
    ),
    parallel=2,
    source=SOURCE,
)
