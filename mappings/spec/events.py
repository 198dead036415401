"""The names of events: what can happen to a record, by object."""

from __future__ import annotations

_WHAT = {
    "contact": (
        *("created", "updated", "deleted", "subscribed", "unsubscribed"),
        *("tagged", "untagged", "moved", "email_changed", "undeliverable"),
    ),
    "opt_out": ("changed",),
    "email": ("opened", "clicked"),
    "form": ("submitted",),
    "webinar": ("registered", "attended"),
    "task": ("created", "updated", "completed", "deleted"),
    "note": ("created", "updated", "deleted"),
    "message": ("received", "sent"),
    "appointment": ("created", "updated", "cancelled"),
}
EVENTS: tuple[str, ...] = tuple(f"{object}.{what}" for object, happenings in _WHAT.items() for what in happenings)

HAPPENED_AT = "crosswalk.happened_at"  # a path that every event has: when it happened
# What events say beside the record, by what they are about: the first part of a path.
SAID_BESIDE = {
    "contact": ("tag", "sourceCampaign", "reason", "converted"),
    "email": ("message", "clickTrack"),
    "message": ("message",),
    "webinar": ("webinar",),
}
