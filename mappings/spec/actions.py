"""Every action a rule can do, with its keys: one table for the parser, the admin's forms and the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

KeyType = Literal[
    "mapping",
    "connection",
    "connections",
    "choices",
    "text",  # takes {field} placeholders
    "texts",
    "name",  # as written, no placeholders
    "path",  # a field of the source's record
    "due",
    "number",
    "values",  # field of the target → text, number, true or false
    "table",
    "choice",  # one of the key's choices
    "span",  # a length of time: 10m, 1h, 2d
]
CHANNELS = ("email", "sms", "call", "whatsapp", "all")
DIGESTS = ("hourly", "daily")


@dataclass(frozen=True)
class ActionKey:
    """One key of an action; `help` is one sentence for the administrator.

    `chosen_from` is the kind of look-up at the action's connection that has it by name.
    """

    name: str
    type: KeyType
    help: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    chosen_from: str = ""


@dataclass(frozen=True)
class ActionForm:
    """One action. `ready` is False while the engine does not carry it out yet; one key of `either` is needed."""

    name: str
    label: str
    help: str
    keys: tuple[ActionKey, ...]
    ready: bool = False
    either: tuple[str, ...] = ()

    def key(self, name: str) -> ActionKey | None:
        return next((key for key in self.keys if key.name == name), None)


def _text(name: str, help: str, required: bool = False, chosen_from: str = "") -> ActionKey:
    return ActionKey(name, "text", help, required, chosen_from=chosen_from)


CONNECTION = ActionKey("connection", "connection", "Where it is done.", required=True)
MAPPING = ActionKey("mapping", "mapping", "The mapping that fills the record's fields.", required=True)
MAPPED = (MAPPING, ActionKey("connection", "connection", "May be left out: the mapping's target."))
TAGS = (
    CONNECTION,
    ActionKey("tags", "texts", "The tags' names.", chosen_from="tag"),
    ActionKey("from", "path", "Instead of tags: the field of the source that holds them."),
)
CAMPAIGN = (
    CONNECTION,
    _text("campaign", "The campaign's id, or the list's.", required=True, chosen_from="campaign"),
    _text(
        "status",
        "The member's status, one that the campaign has; its default when left out.",
        chosen_from="member_status",
    ),
)
TITLE = _text("title", "The title, with {field} placeholders.")
NEEDED_TITLE = _text("title", "The title, with {field} placeholders.", required=True)
BODY = _text("body", "The text, with {field} placeholders.")
DUE = ActionKey("due", "due", "When it is due: +2d or +4h from now, a date such as 2026-12-31, or a field with a date.")
ASSIGNEE = _text("assignee", "Whose it is: a user of the vendor, by id, name or e-mail address.", chosen_from="user")
TASK = (CONNECTION, TITLE, BODY, DUE, ASSIGNEE)
NOTE = (CONNECTION, TITLE, BODY)
AT = (CONNECTION,)

_FORMS = (
    ActionForm("upsert", "Create or update", "Creates the record, or updates it when it is there.", MAPPED, ready=True),
    ActionForm("update", "Update", "Updates the record when there is one, and creates none.", MAPPED, ready=True),
    ActionForm(
        "delete",
        "Delete",
        "Deletes the person's record at the target.",
        (
            ActionKey("mapping", "mapping", "The mapping whose target is deleted."),
            ActionKey("connection", "connection", "Instead of a mapping: the person's record there."),
        ),
        ready=True,
        either=("mapping", "connection"),
    ),
    ActionForm(
        "opt_out",
        "Opt out",
        "Tells every record of the person, ahead of everything else, that they said stop.",
        (
            ActionKey("connections", "connections", "Who must know.", required=True),
            ActionKey("channels", "choices", "Which channels.", default=["email"], choices=CHANNELS),
            _text("reason", "Why, for the record."),
        ),
        ready=True,
    ),
    ActionForm("add_tags", "Add tags", "Adds tags to the person's record.", TAGS, ready=True, either=("tags", "from")),
    ActionForm(
        "remove_tags",
        "Remove tags",
        "Takes tags from the person's record.",
        TAGS,
        ready=True,
        either=("tags", "from"),
    ),
    ActionForm("add_to_campaign", "Add to campaign", "Makes the person a member of a campaign.", CAMPAIGN, ready=True),
    ActionForm(
        "remove_from_campaign",
        "Remove from campaign",
        "Ends the membership of a campaign.",
        CAMPAIGN,
        ready=True,
    ),
    ActionForm(
        "create_task",
        "Create task",
        "Makes a task for the person's record, once for each event.",
        (
            *(CONNECTION, NEEDED_TITLE, BODY, DUE, ASSIGNEE),
            _text("priority", "The priority, by the vendor's word."),
            _text("status", "The status, by the vendor's word; an open task when left out."),
            ActionKey("most_per_day", "number", "At most so many of this rule for one person, from midnight on."),
        ),
        ready=True,
    ),
    ActionForm("update_task", "Update task", "Changes the task that belongs to the event's task.", TASK, ready=True),
    ActionForm(
        "complete_task", "Complete task", "Completes the task that belongs to the event's task.", TASK, ready=True
    ),
    ActionForm("delete_task", "Delete task", "Deletes the task that belongs to the event's task.", AT, ready=True),
    ActionForm("add_note", "Add note", "Adds a note to the person's record, once for each event.", NOTE, ready=True),
    ActionForm("update_note", "Update note", "Changes the note that belongs to the event's note.", NOTE, ready=True),
    ActionForm("delete_note", "Delete note", "Deletes the note that belongs to the event's note.", AT, ready=True),
    ActionForm(
        "increment",
        "Add to a number",
        "Adds to a number field of the person's record, once for each cause.",
        (
            CONNECTION,
            ActionKey("object", "name", "The target's object.", required=True),
            ActionKey("field", "name", "The number field.", required=True),
            ActionKey("by", "number", "How much; negative to subtract.", default=1),
        ),
        ready=True,
    ),
    ActionForm(
        "set",
        "Set fields",
        "Writes fixed values or texts into fields of the person's record.",
        (
            CONNECTION,
            ActionKey("object", "name", "The target's object.", required=True),
            ActionKey("fields", "values", "Each field with its value; texts take {field} placeholders.", required=True),
        ),
        ready=True,
    ),
    ActionForm(
        "call",
        "Call an operation",
        "Runs an operation of the vendor's catalogue, once for each event.",
        (
            CONNECTION,
            ActionKey("operation", "name", "The operation's key in the catalogue.", required=True),
            ActionKey("params", "table", "Its parameters; texts take {field} placeholders."),
            ActionKey("body", "table", "Its body; texts take {field} placeholders."),
        ),
        ready=True,
    ),
    ActionForm(
        "notify",
        "Notify",
        "Tells people of your own team, once for each event.",
        (
            ActionKey(
                "to",
                "texts",
                "E-mail addresses, names of channels, or a field that holds an address or a user: {OwnerId}.",
                required=True,
            ),
            _text("subject", "The subject, with {field} placeholders.", required=True),
            BODY,
            ActionKey("quiet", "span", "After one message about a person, none about them for so long: 30m, 1h, 2d."),
            ActionKey(
                "digest",
                "choice",
                "Gathers messages into one for each recipient: every full hour, or every day at 8:00.",
                choices=DIGESTS,
            ),
        ),
        ready=True,
    ),
)
ACTIONS: dict[str, ActionForm] = {form.name: form for form in _FORMS}
