"""Which HighLevel paths the sandbox answers, and the scope that each wants. Trailing slashes matter (§2)."""

from __future__ import annotations

from . import children, contacts, oauth, places, search
from .auth import scoped

READ, WRITE = "contacts.readonly", "contacts.write"
CONTACT, LOCATION = "/contacts/<contact_id>", "/locations/<location_id>"
FIELDS, TAGS, VALUES = "locations/customFields", "locations/tags", "locations/customValues.readonly"
TALK, EVENTS = "conversations", "calendars/events.readonly"

_ROWS = (
    ("GET", "/contacts/", contacts.list_all, READ),
    ("POST", "/contacts/", contacts.create, WRITE),
    ("POST", "/contacts/upsert", contacts.upsert, WRITE),
    ("POST", "/contacts/search", search.search, READ),
    ("GET", "/contacts/search/duplicate", contacts.find_duplicate, READ),
    ("GET", "/contacts/business/<business_id>", contacts.list_of_business, READ),
    ("POST", "/contacts/bulk/tags/update/<type>", contacts.change_tags_of_many, WRITE),
    ("POST", "/contacts/bulk/business", contacts.set_business, WRITE),
    ("GET", CONTACT, contacts.show, READ),
    ("PUT", CONTACT, contacts.update, WRITE),
    ("DELETE", CONTACT, contacts.delete, WRITE),
    ("POST", f"{CONTACT}/tags", contacts.add_tags, WRITE),
    ("DELETE", f"{CONTACT}/tags", contacts.remove_tags, WRITE),
    ("POST DELETE", f"{CONTACT}/followers", contacts.change_followers, WRITE),
    ("POST", f"{CONTACT}/workflow/<workflow_id>", contacts.join_workflow, WRITE),
    ("DELETE", f"{CONTACT}/workflow/<workflow_id>", contacts.leave_workflow, WRITE),
    ("POST", f"{CONTACT}/campaigns/<campaign_id>", contacts.join_campaign, WRITE),
    ("DELETE", f"{CONTACT}/campaigns/<campaign_id>", contacts.leave_campaign, WRITE),
    ("GET", f"{CONTACT}/tasks", children.list_tasks, READ),
    ("POST", f"{CONTACT}/tasks", children.create_task, WRITE),
    ("GET", f"{CONTACT}/tasks/<task_id>", children.show_task, READ),
    ("PUT", f"{CONTACT}/tasks/<task_id>", children.update_task, WRITE),
    ("DELETE", f"{CONTACT}/tasks/<task_id>", children.delete_task, WRITE),
    ("PUT", f"{CONTACT}/tasks/<task_id>/completed", children.complete_task, WRITE),
    ("GET", f"{CONTACT}/notes", children.list_notes, READ),
    ("POST", f"{CONTACT}/notes", children.create_note, WRITE),
    ("GET", f"{CONTACT}/notes/<note_id>", children.show_note, READ),
    ("PUT", f"{CONTACT}/notes/<note_id>", children.update_note, WRITE),
    ("DELETE", f"{CONTACT}/notes/<note_id>", children.delete_note, WRITE),
    ("GET", f"{CONTACT}/appointments", children.list_appointments, READ),
    ("GET", LOCATION, places.show_location, "locations.readonly"),
    ("POST", f"{LOCATION}/tasks/search", children.search_tasks, "locations/tasks.readonly"),
    ("GET", f"{LOCATION}/tags", places.listing("tag", "tags", asks=False), f"{TAGS}.readonly"),
    ("POST", f"{LOCATION}/tags", places.create_tag, f"{TAGS}.write"),
    ("GET", f"{LOCATION}/tags/<id>", places.detail("tag", "tag"), f"{TAGS}.readonly"),
    ("PUT", f"{LOCATION}/tags/<id>", places.rename_tag, f"{TAGS}.write"),
    ("DELETE", f"{LOCATION}/tags/<id>", places.removal("tag"), f"{TAGS}.write"),
    ("GET", f"{LOCATION}/customFields", places.listing("customField", "customFields", False), f"{FIELDS}.readonly"),
    ("POST", f"{LOCATION}/customFields", places.create_field, f"{FIELDS}.write"),
    ("GET", f"{LOCATION}/customFields/<id>", places.detail("customField", "customField"), f"{FIELDS}.readonly"),
    ("DELETE", f"{LOCATION}/customFields/<id>", places.removal("customField"), f"{FIELDS}.write"),
    ("GET", f"{LOCATION}/customValues", places.listing("customValue", "customValues", False), VALUES),
    ("GET", "/users/", places.listing("user", "users"), "users.readonly"),
    ("GET", "/users/<id>", places.detail("user", "user"), "users.readonly"),
    ("GET", "/workflows/", places.listing("workflow", "workflows"), "workflows.readonly"),
    ("GET", "/campaigns/", places.listing("campaign", "campaigns"), "campaigns.readonly"),
    ("GET", "/businesses/", places.listing("business", "businesses"), "businesses.readonly"),
    ("POST", "/businesses/", places.create_business, "businesses.write"),
    ("GET", "/businesses/<id>", places.detail("business", "business"), "businesses.readonly"),
    ("PUT", "/businesses/<id>", places.update_business, "businesses.write"),
    ("DELETE", "/businesses/<id>", places.removal("business", "success"), "businesses.write"),
    ("GET", "/calendars/", places.listing("calendar", "calendars"), "calendars.readonly"),
    ("GET", "/calendars/events", children.list_events, EVENTS),
    ("GET", "/calendars/events/appointments/<event_id>", children.show_appointment, EVENTS),
    ("GET", "/conversations/search", places.search_conversations, f"{TALK}.readonly"),
    ("POST", "/conversations/", places.open_conversation, f"{TALK}.write"),
    ("GET", "/conversations/<id>", places.detail("conversation", "conversation"), f"{TALK}.readonly"),
    ("GET", "/conversations/<id>/messages", places.list_messages, f"{TALK}/message.readonly"),
)
_OPEN = (
    ("GET", "/v2/oauth/chooselocation", oauth.choose_location),
    ("POST", "/oauth/token", oauth.issue_token),
    ("POST", "/oauth/locationToken", oauth.exchange_for_location),
)
ROUTES = _OPEN + tuple((methods, path, scoped(handler, scope)) for methods, path, handler, scope in _ROWS)
