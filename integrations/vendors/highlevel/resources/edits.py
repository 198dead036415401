"""Watch "tasks": all tasks of the location, compared with what they were. HighLevel tells of no edit."""

from __future__ import annotations

from ...base import Glance, Look
from .news import TaskSight
from .rounds import States, begun, place_of, wanted
from .tasks import PER_SEARCH, TaskSearch

TASKS = "tasks"


class ChangedTasks:
    """The search of tasks has neither a time nor an order to ask for (highlevel.md §2.3): each round reads them all.

    A task that slips from one page to another while they are read is seen in the next round.
    """

    def __init__(self, search: TaskSearch) -> None:
        self.search = search

    def look(self, look: Look) -> Glance:
        place = begun(place_of(look), look, [TASKS])
        skip = int(place.after or 0)
        records, more = self.search.page(skip)
        known = look.recall("task", [record["id"] for record in records])
        sights = [TaskSight(record, known.get(record["id"], {}), place) for record in records]
        states: States = {("task", sight.id): sight.state() for sight in sights if sight.state() != sight.before}
        notices = [notice for sight in sights for notice in sight.news()]
        return place.later(str(skip + PER_SEARCH) if more else "").glance(wanted(notices, look), states)
