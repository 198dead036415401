"""One installation at a time, whatever runs beside: the suite needs the machine's quiet more than its cores."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .installation import Installation, installed
from .places import place_of_this_run
from .processes import PROCESSES


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Only one process at a time has this."""
    with (Path(tempfile.gettempdir()) / f"crosswalk-faults-{os.getuid()}.lock").open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def installation(
    alone: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    if not (PROCESSES / "self" / "stat").exists():
        pytest.skip("The processes to kill are found in /proc, which this system does not have.")
    with django_db_blocker.unblock(), installed(place_of_this_run(), tmp_path_factory.mktemp("faults")) as ready:
        yield ready
