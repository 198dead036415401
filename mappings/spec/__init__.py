"""Mappings and rules as the configuration file writes them: read, checked for form, and ready for the planner."""

from .actions import ACTIONS, ActionForm, ActionKey
from .events import EVENTS, HAPPENED_AT
from .mapping import FieldSpec, MappingSpec, parse_mapping
from .problems import Problem, SpecError
from .rule import ActionSpec, RuleSpec, parse_rule

__all__ = [
    "ACTIONS",
    "EVENTS",
    "HAPPENED_AT",
    "ActionForm",
    "ActionKey",
    "ActionSpec",
    "FieldSpec",
    "MappingSpec",
    "Problem",
    "RuleSpec",
    "SpecError",
    "parse_mapping",
    "parse_rule",
]
