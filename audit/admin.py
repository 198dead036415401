"""The admin of this room: the audit log, the register of opt-outs, and the inbox of events with what came of them."""

from . import admin_changes, admin_events, admin_hooks, admin_optouts

__all__ = ["admin_changes", "admin_events", "admin_hooks", "admin_optouts"]
