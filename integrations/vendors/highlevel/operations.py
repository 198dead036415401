"""The catalogue of HighLevel: what rules and people can use, each with where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..base import Operation
from ..catalogue import PLACE

SPEC = "HighLevel OpenAPI of 2026-06-19: "
WEBHOOKS = "HighLevel webhook events; sent by a Marketplace app, not with a private integration token"
LOCATION = "locationId"  # filled in from the connection, wherever a call wants it

TRIGGERS = {
    "contact_created": "A contact was created",
    "contact_updated": "A contact was changed",
    "contact_deleted": "A contact was deleted",
    "contact_tags_changed": "The tags of a contact changed",
    "contact_dnd_changed": "Do Not Disturb of a contact changed",
    "note_created": "A note was written",
    "note_updated": "A note was changed",
    "note_deleted": "A note was deleted",
    "task_created": "A task was created",
    "task_completed": "A task was completed",
    "task_deleted": "A task was deleted",
    "appointment_created": "An appointment was booked",
    "appointment_updated": "An appointment was changed",
    "appointment_deleted": "An appointment was deleted",
    "message_received": "A message came in",
    "message_sent": "A message went out",
}
# Parameters that several entries share.
SHARED = {
    "CONTACT": "firstName lastName name email phone address1 city state postalCode country website timezone source "
    "dateOfBirth",
    "BUSINESS": "name phone email website address city state postalCode country description",
    "TASK": "title body dueDate completed assignedTo",
    "NOTE": "body title userId color pinned",
    "APPOINTMENT": "calendarId startTime endTime title appointmentStatus assignedUserId description address "
    "meetingLocationType meetingLocationId ignoreDateRange toNotify ignoreFreeSlotValidation rrule",
    "FIELD": "placeholder position textBoxListOptions acceptedFormat isMultipleFile maxNumberOfFiles model",
    "RECURRING": "title description contactIds owners rruleOptions ignoreTaskCreation",
    "MESSAGE": "type subType contactId status message html subject emailFrom emailTo emailCc emailBcc fromNumber "
    "toNumber attachments replyMessageId templateId threadId scheduledTimestamp conversationProviderId appointmentId",
    "INBOUND": "type conversationId contactId conversationProviderId message html subject emailFrom emailTo "
    "attachments date",
}
# Of each file and scope: kind | key | label | call | parameters beside those of the path; + goes on with them.
# again: an action that may be repeated without harm. reach: it adds a person somewhere or writes to them.
TABLES = (
    (
        "contacts",
        "contacts",
        """
    read | get_contact | Read a contact | GET /contacts/{contactId}
    read | list_contacts | List contacts | GET /contacts/ | query limit startAfter startAfterId
    read | list_contacts_of_business | List the contacts of a business | GET /contacts/business/{businessId}
    + query limit skip
    read | find_duplicate | Find a contact by e-mail or phone | GET /contacts/search/duplicate | email number
    read | search_contacts | Search contacts | POST /contacts/search
    + pageLimit page searchAfter query filters sort
    reach | create_contact | Create a contact | POST /contacts/
    + CONTACT companyName gender assignedTo tags customFields
    reach again | upsert_contact | Create a contact, or change the one with this e-mail or phone | POST /contacts/upsert
    + CONTACT companyName gender assignedTo customFields
    again | update_contact | Change a contact | PUT /contacts/{contactId} | CONTACT assignedTo customFields
    again | delete_contact | Delete a contact | DELETE /contacts/{contactId}
    again | add_tags | Add tags | POST /contacts/{contactId}/tags | tags
    again | remove_tags | Remove tags | DELETE /contacts/{contactId}/tags | tags
    again | change_tags_of_many | Add or remove tags (type: add, remove) | POST /contacts/bulk/tags/update/{type}
    + contacts tags
    again | set_business_of_many | Put many contacts into a business, or take them out | POST /contacts/bulk/business
    + ids businessId
    again | add_followers | Add followers to a contact | POST /contacts/{contactId}/followers | followers
    again | remove_followers | Remove followers from a contact | DELETE /contacts/{contactId}/followers
    + followers
    reach | add_to_workflow | Put a contact into a workflow | POST /contacts/{contactId}/workflow/{workflowId}
    + eventStartTime
    again | remove_from_workflow | Take a contact out of a workflow | DELETE /contacts/{contactId}/workflow/{workflowId}
    reach | add_to_campaign | Put a contact into a campaign | POST /contacts/{contactId}/campaigns/{campaignId}
    again | remove_from_campaign | Take somebody out of a campaign | DELETE /contacts/{contactId}/campaigns/{campaignId}
    again | remove_from_all_campaigns | Take it out of all campaigns | DELETE /contacts/{contactId}/campaigns/removeAll
    read | list_tasks | List the tasks of a contact | GET /contacts/{contactId}/tasks
    read | get_task | Read a task | GET /contacts/{contactId}/tasks/{taskId}
    once | create_task | Create a task | POST /contacts/{contactId}/tasks | TASK
    again | update_task | Change a task | PUT /contacts/{contactId}/tasks/{taskId} | TASK
    again | complete_task | Complete a task, or open it again | PUT /contacts/{contactId}/tasks/{taskId}/completed
    + completed
    again | delete_task | Delete a task | DELETE /contacts/{contactId}/tasks/{taskId}
    read | list_notes | List the notes of a contact | GET /contacts/{contactId}/notes
    read | get_note | Read a note | GET /contacts/{contactId}/notes/{id}
    once | create_note | Write a note | POST /contacts/{contactId}/notes | NOTE
    again | update_note | Change a note | PUT /contacts/{contactId}/notes/{id} | NOTE
    again | delete_note | Delete a note | DELETE /contacts/{contactId}/notes/{id}
    read | list_appointments_of_contact | List the appointments of a contact | GET /contacts/{contactId}/appointments
    """,
    ),
    (
        "locations",
        "locations/tasks",
        """
    read | search_tasks | Search the tasks of all contacts | POST /locations/{locationId}/tasks/search
    + contactId assignedTo completed query limit skip businessId
    """,
    ),
    (
        "locations",
        "",
        """
    once | create_recurring_task | Create a task that comes again | POST /locations/{locationId}/recurring-tasks
    + RECURRING
    read | get_recurring_task | Read a task that comes again | GET /locations/{locationId}/recurring-tasks/{id}
    again | update_recurring_task | Change a task that comes again | PUT /locations/{locationId}/recurring-tasks/{id}
    + RECURRING
    again | delete_recurring_task | Delete a task that comes again | DELETE /locations/{locationId}/recurring-tasks/{id}
    """,
    ),
    (
        "locations",
        "locations",
        """
    read | get_location | Read the location | GET /locations/{locationId}
    read | list_timezones | List time zones | GET /locations/{locationId}/timezones
    """,
    ),
    (
        "locations",
        "locations/tags",
        """
    read | list_tags | List tags | GET /locations/{locationId}/tags
    read | get_tag | Read a tag | GET /locations/{locationId}/tags/{tagId}
    once | create_tag | Create a tag | POST /locations/{locationId}/tags | name
    again | update_tag | Rename a tag | PUT /locations/{locationId}/tags/{tagId} | name
    again | delete_tag | Delete a tag | DELETE /locations/{locationId}/tags/{tagId}
    """,
    ),
    (
        "locations",
        "locations/customFields",
        """
    read | list_custom_fields | List custom fields | GET /locations/{locationId}/customFields | model
    read | get_custom_field | Read a custom field | GET /locations/{locationId}/customFields/{id}
    once | create_custom_field | Create a custom field | POST /locations/{locationId}/customFields
    + name dataType FIELD
    again | update_custom_field | Change a custom field | PUT /locations/{locationId}/customFields/{id}
    + name FIELD
    again | delete_custom_field | Delete a custom field | DELETE /locations/{locationId}/customFields/{id}
    """,
    ),
    (
        "locations",
        "locations/customValues",
        """
    read | list_custom_values | List custom values | GET /locations/{locationId}/customValues
    once | create_custom_value | Create a custom value | POST /locations/{locationId}/customValues | name value
    again | update_custom_value | Change a custom value | PUT /locations/{locationId}/customValues/{id}
    + name value
    """,
    ),
    (
        "locations",
        "locations/templates",
        """
    read | list_templates | List message templates | GET /locations/{locationId}/templates
    + originId type deleted skip limit
    """,
    ),
    (
        "calendars",
        "calendars",
        """
    read | list_calendars | List calendars | GET /calendars/ | groupId
    read | get_calendar | Read a calendar | GET /calendars/{calendarId}
    read | get_free_slots | List the free times of a calendar | GET /calendars/{calendarId}/free-slots
    + startDate endDate timezone userId
    """,
    ),
    (
        "calendars",
        "calendars/groups",
        """
    read | list_calendar_groups | List calendar groups | GET /calendars/groups
    """,
    ),
    (
        "calendars",
        "calendars/events",
        """
    read | list_events | List appointments by time | GET /calendars/events
    + startTime endTime userId calendarId groupId
    read | list_blocked_slots | List blocked times | GET /calendars/blocked-slots
    + startTime endTime userId calendarId groupId
    read | get_appointment | Read an appointment | GET /calendars/events/appointments/{eventId}
    reach | create_appointment | Book an appointment | POST /calendars/events/appointments
    + contactId APPOINTMENT
    again | update_appointment | Change an appointment | PUT /calendars/events/appointments/{eventId}
    + APPOINTMENT
    again | delete_event | Delete an appointment | DELETE /calendars/events/{eventId}
    read | list_appointment_notes | List the notes of an appointment | GET /calendars/appointments/{appointmentId}/notes
    + limit offset
    once | create_appointment_note | Write a note on an appointment | POST /calendars/appointments/{appointmentId}/notes
    + body userId
    """,
    ),
    (
        "conversations",
        "conversations",
        """
    read | search_conversations | Search conversations | GET /conversations/search
    + contactId assignedTo query status limit sort sortBy startAfterDate lastMessageType lastMessageDirection
    read | get_conversation | Read a conversation | GET /conversations/{conversationId}
    once | create_conversation | Open a conversation | POST /conversations/ | contactId
    again | update_conversation | Star a conversation, or mark it read | PUT /conversations/{conversationId}
    + unreadCount starred
    """,
    ),
    (
        "conversations",
        "conversations/message",
        """
    read | list_messages | List the messages of a conversation | GET /conversations/{conversationId}/messages
    + lastMessageId limit type
    read | get_message | Read a message | GET /conversations/messages/{id}
    read | export_messages | List the messages of all conversations | GET /conversations/messages/export
    + limit cursor sortBy sortOrder conversationId contactId channel startDate endDate
    reach | send_message | Send a message | POST /conversations/messages | MESSAGE
    once | add_inbound_message | Add a message that came in by another way | POST /conversations/messages/inbound
    + INBOUND
    """,
    ),
    (
        "conversations",
        "",
        """
    read | get_subscription_status | Read unsubscriptions | GET /conversations/preferences/unsubscriptions/status
    + contactId email
    read | list_mail_kinds | List the kinds of mail | GET /conversations/preferences/custom-subtypes
    """,
    ),
    (
        "users",
        "users",
        """
    read | list_users | List users | GET /users/
    read | search_users | Search users | GET /users/search | companyId query skip limit ids
    read | get_user | Read a user | GET /users/{userId}
    """,
    ),
    (
        "workflows",
        "workflows",
        """
    read | list_workflows | List workflows | GET /workflows/
    """,
    ),
    (
        "campaigns",
        "campaigns",
        """
    read | list_campaigns | List campaigns | GET /campaigns/ | status
    """,
    ),
    (
        "businesses",
        "businesses",
        """
    read | list_businesses | List businesses | GET /businesses/ | limit skip
    read | get_business | Read a business | GET /businesses/{businessId}
    once | create_business | Create a business | POST /businesses/ | BUSINESS
    again | update_business | Change a business | PUT /businesses/{businessId} | BUSINESS
    again | delete_business | Delete a business | DELETE /businesses/{businessId}
    """,
    ),
)


def _entries(file: str, scope: str, table: str) -> Iterator[Operation]:
    for line in table.replace("\n    + ", " | ").strip().splitlines():
        kind, key, label, call, *words = (part.strip() for part in line.split("|"))
        method, _space, path = call.partition(" ")
        yield Operation(
            key,
            "lookup" if kind == "read" else "action",
            label,
            method,
            path,
            f"{scope}.{'readonly' if kind == 'read' else 'write'}" if scope else "",
            _parameters(path, words),
            f"{SPEC}{file}.json",
            repeatable=kind == "read" or "again" in kind,
            subscribing="reach" in kind,
        )


def _parameters(path: str, words: list[str]) -> tuple[str, ...]:
    given = [SHARED.get(word, word) for word in " ".join(words).split()]
    places = [name for name in PLACE.findall(path) if name != LOCATION]
    return (*places, *" ".join(given).split())


OPERATIONS = (
    *(Operation(key, "trigger", label, source=WEBHOOKS) for key, label in TRIGGERS.items()),
    *(entry for table in TABLES for entry in _entries(*table)),
)


@cache
def operation_of(method: str, path: str) -> Operation | None:
    """The entry of the catalogue that a call belongs to, the plainest path first."""
    fitting = [each for each in OPERATIONS if each.method == method and _pattern(each.path).fullmatch(path)]
    return min(fitting, key=lambda each: each.path.count("{"), default=None)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))
