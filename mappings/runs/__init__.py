"""Runs: one pass over many records or changes, by leased steps. The planner and the delivery do the rest."""

from .base import RunRefused
from .kinds import may_resume, may_see_runs, may_start
from .starting import resume_run, start_run, stop_run
from .working import advance_runs

__all__ = [
    "RunRefused",
    "advance_runs",
    "may_resume",
    "may_see_runs",
    "may_start",
    "resume_run",
    "start_run",
    "stop_run",
]
