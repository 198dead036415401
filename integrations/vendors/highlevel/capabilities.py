"""What HighLevel can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, NoteForm, ObjectCapability, OptOutField, TaskForm
from ..lookups import LookUp
from .fields import ALL, CHANNELS, DND

SOURCE = "HighLevel OpenAPI of 2026-06-19 (dated API: 2021-07-28, 2021-04-15)"
PUSHED = "Pushed by a Marketplace app's webhook. A private integration token has none."
AT_ONCE = 4  # a write is a call of its own; a trial account allows 25 in 10 seconds (highlevel.md §4)
BATCH = 8
DUE_LATER = timedelta(days=1)  # HighLevel has no task without a date (§2.3)

CAPABILITIES = Capabilities(
    objects=(
        ObjectCapability(
            "contact",
            "contact",
            reads=("read", "find", "page"),
            writes=(
                *("upsert", "create", "update", "set", "delete", "opt_out", "opt_in"),
                *("add_tags", "remove_tags", "add_to_campaign", "remove_from_campaign"),
            ),
            id_field="id",
            batch=BATCH,
            subscribing=("add_to_campaign",),
            addresses={"email": "email", "phone": "phone"},
            modified_field="dateUpdated",
            made_field="dateAdded",
            name_fields=("firstName", "lastName"),
            source=SOURCE + ": contacts.json",
        ),
        ObjectCapability(
            "task",
            "task",
            reads=("read",),
            writes=("create_task", "update_task", "complete_task", "delete_task"),
            id_field="id",
            batch=BATCH,
            modified_field="dateUpdated",
            made_field="dateAdded",
            source=SOURCE + ": contacts.json, and the task search of locations.json",
        ),
        ObjectCapability(
            "note",
            "note",
            writes=("add_note", "update_note", "delete_note"),
            id_field="id",
            batch=BATCH,
            made_field="dateAdded",
            source=SOURCE + ": contacts.json; a note is read and written by way of its contact",
        ),
        ObjectCapability(
            "appointment",
            "appointment",
            reads=("read",),
            id_field="id",
            modified_field="dateUpdated",
            made_field="dateAdded",
            source=SOURCE + ": calendars.json",
        ),
        ObjectCapability(
            "business", "other", reads=("page",), id_field="id", source=SOURCE + ": businesses.json; written by call"
        ),
        ObjectCapability("tag", "tag", reads=("page",), id_field="id", source=SOURCE + ": locations.json"),
    ),
    events=(
        EventCapability("contact.created", "pushed", PUSHED),
        EventCapability("contact.updated", "pushed", PUSHED + " HighLevel does not say for which fields."),
        EventCapability("contact.deleted", "pushed", PUSHED),
        EventCapability("contact.tagged", "pushed", PUSHED),
        EventCapability("contact.untagged", "pushed", PUSHED),
        EventCapability("opt_out.changed", "pushed", PUSHED + " Not when somebody switched off messages coming in."),
        EventCapability(
            "task.created", "pushed", PUSHED + " It may come without its contact, which is then looked up."
        ),
        EventCapability("task.completed", "pushed", PUSHED),
        EventCapability("task.deleted", "pushed", PUSHED),
        EventCapability("task.updated", "invisible", "HighLevel has no event for a changed task."),
        EventCapability("note.created", "pushed", PUSHED + " Without its title and who wrote it."),
        EventCapability("note.updated", "pushed", PUSHED + " Without its title and who wrote it."),
        EventCapability("note.deleted", "pushed", PUSHED),
        EventCapability("appointment.created", "pushed", PUSHED),
        EventCapability("appointment.updated", "pushed", PUSHED),
        EventCapability("appointment.cancelled", "pushed", PUSHED),
        EventCapability("message.received", "pushed", PUSHED),
        EventCapability("message.sent", "pushed", PUSHED),
        EventCapability(
            "form.submitted", "invisible", "HighLevel has no event for a form; it makes or changes a contact."
        ),
    ),
    # By app and location; what the account really has comes with the headers of every answer (§4).
    limits=((100, timedelta(seconds=10)), (200_000, timedelta(days=1))),
    opt_outs=(
        *(OptOutField("contact", channel, DND + channel, True, email_field="email") for channel in CHANNELS),
        OptOutField("contact", "all", DND + ALL, True, email_field="email"),
    ),
    campaign_object="contact",
    task=TaskForm(
        "task",
        title="title",
        body="body",
        due="dueDate",
        due_default=DUE_LATER,
        assignee="assignedTo",
        status="completed",
        done=True,
        open=False,
    ),
    notes=(NoteForm("note", body="body", title="title"),),
    lookups=(
        LookUp("workflows", "workflows and campaigns", "campaign", source=SOURCE + ": workflows.json, campaigns.json"),
        LookUp("tags", "tags", "tag", fields=("tags",), by_name=True, source=SOURCE + ": locations.json"),
        LookUp(
            "users",
            "users",
            "user",
            fields=("assignedTo", "assignedUserId", "userId"),
            source=SOURCE + ": users.json",
        ),
    ),
    parallel=AT_ONCE,
    source=SOURCE,
)
