"""What HighLevel can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, NoteForm, ObjectCapability, OptOutField, TaskForm, Watch
from ..lookups import LookUp
from .fields import ALL, CHANNELS, DND

SOURCE = "HighLevel OpenAPI of 2026-06-19 (dated API: 2021-07-28, 2021-04-15)"
PUSHED = "Pushed at once by a Marketplace app's webhook, which is repeated when it fails."
BY_WORKFLOW = "Only when a workflow of yours says so, by its action Webhook."
LOOKED_FOR = "Looked for every 5 minutes as well, so that it is seen with a private integration token, too."
NOT_LOOKED_FOR = "Not looked for: with a private integration token alone it is not seen."
TAGS = (
    "Looked for every 5 minutes among the contacts that HighLevel says were changed; all tags are compared every 12 "
    "hours. An app's webhook says that tags changed, and not which (contact.updated). At once when a workflow says so."
)
TASKS = "All tasks are looked through every 15 minutes."
NOTES = f"Without its title and who wrote it. {NOT_LOOKED_FOR}"
ABOUT_A_CONTACT = {"contactId": "contact"}
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
            about=ABOUT_A_CONTACT,
            nested=True,
            source=SOURCE + ": contacts.json, and the task search of locations.json",
        ),
        ObjectCapability(
            "note",
            "note",
            writes=("add_note", "update_note", "delete_note"),
            id_field="id",
            batch=BATCH,
            made_field="dateAdded",
            about=ABOUT_A_CONTACT,
            nested=True,
            source=SOURCE + ": contacts.json; a note is read and written by way of its contact",
        ),
        ObjectCapability(
            "appointment",
            "appointment",
            reads=("read",),
            id_field="id",
            modified_field="dateUpdated",
            made_field="dateAdded",
            about=ABOUT_A_CONTACT,
            source=SOURCE + ": calendars.json",
        ),
        ObjectCapability(
            "message",
            "message",
            id_field="messageId",
            made_field="dateAdded",
            about=ABOUT_A_CONTACT,
            source=SOURCE + ": the webhooks of conversations",
        ),
        ObjectCapability(
            "business", "other", reads=("page",), id_field="id", source=SOURCE + ": businesses.json; written by call"
        ),
        ObjectCapability("tag", "tag", reads=("page",), id_field="id", source=SOURCE + ": locations.json"),
    ),
    events=(
        EventCapability("contact.created", "pushed", f"{PUSHED} {LOOKED_FOR}"),
        EventCapability(
            "contact.updated",
            "pushed",
            f"{PUSHED} HighLevel does not say for which fields. {LOOKED_FOR} Also when a tag came or went, a stop was "
            "lifted, or what the contact sends is not let in any more; that last one is only looked for.",
        ),
        EventCapability("contact.deleted", "pushed", f"{PUSHED} {NOT_LOOKED_FOR}"),
        EventCapability("contact.tagged", "polled", TAGS),
        EventCapability("contact.untagged", "polled", TAGS),
        EventCapability(
            "contact.email_changed",
            "polled",
            "Looked for every 5 minutes, of contacts that Crosswalk has seen before. An app's webhook says the new "
            "address and not the old one.",
        ),
        EventCapability(
            "opt_out.changed",
            "pushed",
            f"{PUSHED} It says which channels are stopped: e-mail, SMS, calls, WhatsApp, or all. Looked for every 10 "
            "minutes as well: all but WhatsApp.",
        ),
        EventCapability("contact.subscribed", "pushed", BY_WORKFLOW + " What a workflow says lifts no opt-out."),
        EventCapability(
            "contact.unsubscribed",
            "pushed",
            BY_WORKFLOW + " HighLevel's own word for every stop, also by the link in a mail, is opt_out.changed.",
        ),
        EventCapability("form.submitted", "pushed", f"{BY_WORKFLOW} With the trigger Form Submitted."),
        EventCapability("email.opened", "pushed", f"{BY_WORKFLOW} With the trigger Email Events."),
        EventCapability("email.clicked", "pushed", f"{BY_WORKFLOW} With the trigger Email Events."),
        EventCapability("contact.undeliverable", "pushed", f"{BY_WORKFLOW} With the trigger Email Events: bounced."),
        EventCapability(
            "task.created",
            "pushed",
            f"{PUSHED} It may come without its contact, which is then looked up. {TASKS}",
        ),
        EventCapability("task.updated", "polled", f"HighLevel has no event for an edited or reopened task. {TASKS}"),
        EventCapability("task.completed", "pushed", f"{PUSHED} {TASKS}"),
        EventCapability("task.deleted", "pushed", f"{PUSHED} {TASKS} Of those that HighLevel still lists as deleted."),
        EventCapability("note.created", "pushed", f"{PUSHED} {NOTES}"),
        EventCapability("note.updated", "pushed", f"{PUSHED} {NOTES}"),
        EventCapability("note.deleted", "pushed", f"{PUSHED} {NOTES}"),
        EventCapability("appointment.created", "pushed", f"{PUSHED} {NOT_LOOKED_FOR}"),
        EventCapability("appointment.updated", "pushed", f"{PUSHED} {NOT_LOOKED_FOR}"),
        EventCapability("appointment.cancelled", "pushed", f"{PUSHED} {NOT_LOOKED_FOR} Deleted ones, too."),
        EventCapability("message.received", "pushed", f"{PUSHED} {NOT_LOOKED_FOR}"),
        EventCapability("message.sent", "pushed", f"{PUSHED} {NOT_LOOKED_FOR}"),
    ),
    watches=(
        Watch(
            "contacts",
            "new, changed and tagged contacts",
            ("contact.created", "contact.updated", "contact.email_changed", "contact.tagged", "contact.untagged"),
            timedelta(minutes=5),
            source="highlevel.md §2.2: POST /contacts/search by dateAdded and dateUpdated; two calls a round",
        ),
        Watch(
            "opt_outs",
            "contacts that must not be reached",
            ("opt_out.changed", "contact.updated"),
            timedelta(minutes=10),
            source="highlevel.md §2.2: POST /contacts/search by dnd and dndSettings; a call for each channel and "
            "hundred contacts",
        ),
        Watch(
            "tasks",
            "new, changed, completed and deleted tasks",
            ("task.created", "task.updated", "task.completed", "task.deleted"),
            timedelta(minutes=15),
            source="highlevel.md §2.3: POST /locations/{locationId}/tasks/search; a call for each hundred tasks",
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
