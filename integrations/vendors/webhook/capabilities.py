"""What another tool can do for us: tell of anything, and nothing else."""

from ..base import Capabilities, EventCapability, ObjectCapability

SOURCE = "Crosswalk: docs/hooks.md"
RECORD = "record"
TOLD = "As soon as the tool calls the webhook URL; whether it calls again after a failure is the tool's affair."

# Every event of ours, with what the tool tells by it: the connection's options say which one a call means.
EVENTS = {
    "contact.created": "A contact was made",
    "contact.updated": "A contact was changed",
    "contact.deleted": "A contact was deleted",
    "contact.subscribed": "Somebody subscribed",
    "contact.unsubscribed": "Somebody unsubscribed",
    "contact.tagged": "Somebody got a tag",
    "contact.untagged": "Somebody lost a tag",
    "contact.moved": "Somebody was moved to another list",
    "contact.email_changed": "Somebody's e-mail address changed",
    "contact.undeliverable": "Mail to somebody could not be delivered",
    "opt_out.changed": "Somebody's opt-out changed",
    "email.opened": "Somebody opened an e-mail",
    "email.clicked": "Somebody clicked a link",
    "form.submitted": "Somebody sent a form",
    "webinar.registered": "Somebody registered for a webinar",
    "webinar.attended": "Somebody attended a webinar",
    "task.created": "A task was made",
    "task.updated": "A task was changed",
    "task.completed": "A task was completed",
    "task.deleted": "A task was deleted",
    "note.created": "A note was made",
    "note.updated": "A note was changed",
    "note.deleted": "A note was deleted",
    "message.received": "A message came in",
    "message.sent": "A message was sent",
    "appointment.created": "An appointment was made",
    "appointment.updated": "An appointment was changed",
    "appointment.cancelled": "An appointment was cancelled",
}

CAPABILITIES = Capabilities(
    objects=(ObjectCapability(RECORD, "contact", id_field="id", source=SOURCE),),
    events=tuple(EventCapability(type_, "pushed", TOLD) for type_ in EVENTS),
    limits=(),
    source=SOURCE,
)
