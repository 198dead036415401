"""Every transform there is, by name."""

from __future__ import annotations

from . import countries, dates, lists, numbers, people, text
from .base import Transform

_FAMILIES = (people, text, lists, dates, numbers, countries)

CATALOGUE: dict[str, Transform] = {transform.name: transform for family in _FAMILIES for transform in family.TRANSFORMS}
