"""What a parent and all its children use: memory that is theirs, and processor time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PSS = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


def memory_of(parent: int) -> float:
    """Megabytes (10^6 bytes) of the whole tree; what processes share is counted once."""
    return sum(_pss(pid) for pid in tree(parent)) * 1024 / 1e6


def processor_of(parent: int) -> float:
    """Seconds of processor time that the whole tree used, with its children that have ended."""
    return sum(_seconds(pid) for pid in tree(parent))


def tree(parent: int) -> Iterator[int]:
    yield parent
    with suppress(FileNotFoundError, ProcessLookupError):
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from tree(int(child))


def _pss(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(found[1]) if found else 0
    return 0


def _seconds(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        facts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, facts[11:15])) / _TICKS  # user and system, own and of ended children
    return 0.0
