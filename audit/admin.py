"""The admin of this room: the audit log, the register of opt-outs, the inbox of events, hooks and notifications."""

from . import admin_changes, admin_channels, admin_events, admin_hooks, admin_notifications, admin_optouts

__all__ = [
    "admin_changes",
    "admin_channels",
    "admin_events",
    "admin_hooks",
    "admin_notifications",
    "admin_optouts",
]
