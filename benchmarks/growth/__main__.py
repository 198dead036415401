"""`python -m benchmarks.growth`: the same questions to 10,000 and to 1,000,000 events, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence

from .. import report
from ..installation import installed
from ..places import TOP, Place, Postgres, Sqlite
from .asking import Answer
from .comparing import Comparison, plans, text

FEW, MANY = 10_000, 1_000_000
DAYS = 420
RETENTION = {"EVENT_RETENTION_DAYS": "400", "PAYLOAD_RETENTION_DAYS": "365"}
PLACES: dict[str, Place] = {
    "sqlite": Sqlite(),
    "postgres": Postgres(redis_url="", label="PostgreSQL", database="crosswalk_growth"),
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
        found = compare(PLACES[name], options.events, options.days)
        print(f"{PLACES[name].label}: {report.machine()}; {report.moment()}; {report.load()}")
        print(text(found))
        print(plans(found) if options.plans else "")
        grows |= any(each.grows for each in found)
    return int(grows)


def compare(place: Place, events: int, days: int) -> list[Comparison]:
    few, many = ask(place, FEW, days), ask(place, events, days)
    return [Comparison(small, large) for small, large in zip(few, many, strict=True)]


def ask(place: Place, events: int, days: int) -> list[Answer]:
    """The answers of a fresh installation of this size."""
    started = time.monotonic()
    with installed(place) as installation:
        file = installation.home / "answers.json"
        command = [sys.executable, "-m", "benchmarks.growth.inside", str(events), str(days), str(file)]
        environment = {**installation.environment, **RETENTION, "WAKE_WORKERS": "0"}
        subprocess.run(command, env=environment, cwd=TOP, check=True)
        answers = [Answer(**facts) for facts in json.loads(file.read_text())]
    print(f"{place.label}, {events:,} events: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return answers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
