"""The admin pages of this room: mappings, rules, runs, and the people whose records a run can look at again."""

from . import admin_mappings, admin_people, admin_rules, admin_runs

__all__ = ["admin_mappings", "admin_people", "admin_rules", "admin_runs"]
