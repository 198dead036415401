"""The catalogue: one trigger for each thing that another tool can tell of."""

from ..base import Operation
from .capabilities import EVENTS, SOURCE

OPERATIONS = tuple(Operation(type_, "trigger", label, source=SOURCE) for type_, label in EVENTS.items())
