"""Which linked records stand for a person, and which are only about one: tasks, notes and the like."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from .models import Link
from .vendors.registry import VENDORS

ABOUT_PEOPLE = frozenset({"task", "note", "appointment", "message"})  # kinds of objects


def objects_about_people() -> set[str]:
    """Their names at every vendor; none is the name of something else at another."""
    objects = (each for vendor in VENDORS.values() for each in vendor.capabilities.objects)
    return {each.name for each in objects if each.kind in ABOUT_PEOPLE}


def standing_for_people(links: QuerySet[Link]) -> QuerySet[Link]:
    """Without what is only about them: nobody is merged, separated or recognised by a task."""
    return links.exclude(object__in=objects_about_people())


def stand_for_people(links: Iterable[Link]) -> list[Link]:
    """The same of links that are read already."""
    about = objects_about_people()
    return [link for link in links if link.object not in about]
