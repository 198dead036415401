"""Finds the processes of an installation under its parent, as the kernel lists them, and kills them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Seen:
    pid: int
    parent: int
    group: int


def everybody() -> Iterator[Seen]:
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()  # after the name: state, parent, group
                yield Seen(int(entry.name), int(fields[1]), int(fields[2]))


def children(pid: int) -> list[int]:
    return sorted(seen.pid for seen in everybody() if seen.parent == pid)


def descendants(pid: int) -> list[int]:
    """Children, their children and so on; not the process itself."""
    found: list[int] = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def web_master(parent: int) -> list[int]:
    return _children_named(parent, "web")


def web_workers(parent: int) -> list[int]:
    return [worker for master in web_master(parent) for worker in children(master)]


def lane_main(parent: int, lane: str) -> list[int]:
    return _children_named(parent, lane)


def inside_lane(parent: int, lane: str) -> list[int]:
    """The queue's own processes: sentinel, pusher, monitor and workers."""
    return [pid for main in lane_main(parent, lane) for pid in descendants(main)]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_groups(parent: int, own: Callable[[], None]) -> None:
    """Whatever a parent that did not end politely would leave behind; `own` ends the parent itself."""
    groups = {seen.group for seen in everybody() if seen.parent == parent}
    own()
    for group in groups - {os.getpgrp()}:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _children_named(parent: int, program: str) -> list[int]:
    return [pid for pid in children(parent) if _name(pid) == f"cw-{program}"]


def _name(pid: int) -> str:
    with suppress(OSError):
        return (PROCESSES / str(pid) / "comm").read_text().strip()
    return ""
