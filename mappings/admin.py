"""The admin pages of this room: mappings, rules, runs, people, and who is who."""

from . import admin_conflicts, admin_mappings, admin_people, admin_rules, admin_runs

__all__ = ["admin_conflicts", "admin_mappings", "admin_people", "admin_rules", "admin_runs"]
