"""The admin pages of this room: connections. Events and people also show changes, so the rooms above have theirs."""

from . import admin_connections

__all__ = ["admin_connections"]
