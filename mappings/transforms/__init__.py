"""Transforms: the small functions that turn a source's value into what the target should hold."""

from .base import Context, Example, Parameter, Result, Step, Transform
from .catalogue import CATALOGUE
from .steps import apply, parse_via, paths_read

__all__ = [
    "CATALOGUE",
    "Context",
    "Example",
    "Parameter",
    "Result",
    "Step",
    "Transform",
    "apply",
    "parse_via",
    "paths_read",
]
