"""One queue cluster that gives signs of life: `python -m config.supervisor.lane`, with Q_CLUSTER_NAME set."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import django
from django.core.management import call_command

from .runtime import RuntimeDirectory

Receiver = Callable[..., None]


def receivers(runtime: RuntimeDirectory, lane: str) -> dict[str, Receiver]:
    """By the name of django-q2's signal. The monitor sends `post_execute`, at the end of a task's whole way."""

    def hear_begin(**about: Any) -> None:
        runtime.write_busy(lane, os.getpid())

    def hear_end(**about: Any) -> None:
        runtime.clear_busy(lane, os.getpid())

    def hear_settled(**about: Any) -> None:
        runtime.write_beat(lane)

    return {"pre_execute": hear_begin, "post_execute_in_worker": hear_end, "post_execute": hear_settled}


def answer() -> None:
    """The task that does nothing: that it was done is the sign of life."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django_q import signals  # once Django is set up

    for name, receiver in receivers(RuntimeDirectory.from_environment(), os.environ["Q_CLUSTER_NAME"]).items():
        getattr(signals, name).connect(receiver, weak=False)
    call_command("qcluster")


if __name__ == "__main__":
    main()
