"""One queue cluster that gives signs of life: what the parent's fork for a lane runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django_q import signals
from django_q.cluster import Cluster
from django_q.conf import Conf

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


def run_lane(lane: str, runtime: RuntimeDirectory) -> None:
    """Be the lane's cluster until SIGTERM. Returns when its processes have ended."""
    _take_settings_of(lane)
    for name, receiver in receivers(runtime, lane).items():
        getattr(signals, name).connect(receiver, weak=False)
    cluster = Cluster()
    cluster.start()
    cluster.sentinel.join()


def _take_settings_of(lane: str) -> None:
    """What django-q2 itself reads from Q_CLUSTER_NAME when it is imported, which in a fork was before."""
    Conf.CLUSTER_NAME = lane
    Conf.WORKERS = settings.Q_CLUSTER["ALT_CLUSTERS"][lane]["workers"]
    Conf.QUEUE_LIMIT = max(2, Conf.WORKERS)
