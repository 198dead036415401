"""`python -m benchmarks.growth`: the same questions to 10,000 and to 1,000,000 events, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from .. import report
from ..installation import installed
from ..places import TOP, Place, Postgres, Sqlite
from .asking import Answer
from .comparing import Comparison, plans, text

FEW, MANY = 10_000, 1_000_000
DAYS = 420
RETENTION = {"EVENT_RETENTION_DAYS": "400", "PAYLOAD_RETENTION_DAYS": "365"}
DATABASE = "crosswalk_growth"
PLACES: dict[str, Callable[[str], Place]] = {
    "sqlite": lambda _database: Sqlite(),
    "postgres": lambda database: Postgres(redis_url="", label="PostgreSQL", database=database),
}


def main(arguments: Sequence[str]) -> int:
    """1 when something grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--only", choices=tuple(PLACES), help="one store")
    parser.add_argument("--events", type=int, default=MANY, help="how many are many; three changes each")
    parser.add_argument("--days", type=int, default=DAYS, help="within how many days they came")
    parser.add_argument("--plans", action="store_true", help="show how the slowest statements are carried out")
    options = parser.parse_args(arguments)
    grows = False
    for name in [options.only] if options.only else PLACES:
        found = compare(name, options.events, options.days)
        print(f"{name}: {report.machine()}; {report.moment()}; {report.load()}")
        print(text(found))
        print(plans(found) if options.plans else "")
        grows |= any(each.grows for each in found)
    return int(grows)


def compare(name: str, events: int, days: int) -> list[Comparison]:
    """Both are asked each question one after the other, so that other work on the machine slows both."""
    with ExitStack() as until_the_end:
        few = until_the_end.enter_context(_asked(PLACES[name](f"{DATABASE}_few"), FEW, days))
        many = until_the_end.enter_context(_asked(PLACES[name](DATABASE), events, days))
        return [Comparison(*answers) for answers in zip(_answers(few), _answers(many), strict=True)]


@contextmanager
def _asked(place: Place, events: int, days: int) -> Iterator[subprocess.Popen[str]]:
    """A fresh installation of this size, ready to be asked."""
    started = time.monotonic()
    with installed(place) as installation:
        command = [sys.executable, "-m", "benchmarks.growth.inside", str(events), str(days)]
        environment = {**installation.environment, **RETENTION, "WAKE_WORKERS": "0"}
        with subprocess.Popen(
            command, env=environment, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            _told(process)
            print(f"{place.label}, {events:,} events: {time.monotonic() - started:.0f} s", file=sys.stderr)
            yield process


def _answers(process: subprocess.Popen[str]) -> Iterator[Answer]:
    while True:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        facts = _told(process)
        if not facts:
            return
        yield Answer(**facts)


def _told(process: subprocess.Popen[str]) -> Any:
    """The next line that it says."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
