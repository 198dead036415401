"""`python -m benchmarks`: every measure on SQLite and on PostgreSQL with Redis, in one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

import psycopg
import redis

from . import measures, report
from .installation import installed
from .measures import QUICK, People, Size
from .places import Place, Postgres, Sqlite

WANTED = {"SQLite": 250, "PostgreSQL + Redis": 400}
SLOW_CALL = 0.15  # seconds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="one store")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args(arguments)
    about = f"{report.machine()}; {report.moment()}{'; a quick run' if options.quick else ''}; {report.load()} before"
    print(about)
    lines = [line for place in places(options.only) for line in measure(place, QUICK if options.quick else Size())]
    about += f", {report.load().rsplit(' ', 1)[1]} after"
    print(report.text(lines), about, sep="\n")
    if options.write:
        report.write_page(lines, about)
    return 0


def places(only: str | None) -> list[Place]:
    """SQLite always; PostgreSQL where it and Redis answer."""
    wanted: list[Place] = [Sqlite()] if only != "postgres" else []
    if only == "sqlite":
        return wanted
    postgres = Postgres()
    try:
        postgres.drop()
    except (psycopg.Error, redis.RedisError) as error:
        print(f"PostgreSQL with Redis is left out: {' '.join(str(error).split())}", file=sys.stderr)
        return wanted
    return [*wanted, postgres]


def measure(place: Place, size: Size) -> Iterator[report.Line]:
    """One after the other, each said when it is there."""
    for line in _lines(place, size):
        print("  ".join(line.cells()), flush=True)
        yield line


def _lines(place: Place, size: Size) -> Iterator[report.Line]:
    label, people = place.label, People()
    with installed(place) as installation:
        yield report.answers_line(label, *measures.answers_per_second(installation, size, people))
    with installed(place) as installation, installation.running() as parent:
        measures.burst(installation, parent, 200, people)  # warm
        fast = measures.burst(installation, parent, size.burst, people)
        slow = measures.burst(installation, parent, size.burst, people, SLOW_CALL)
        yield report.delay_line(label, slow, fast)
        yield report.burst_line(label, fast, WANTED[label])
        yield report.processor_line(label, fast)
        yield report.calls_line(label, fast)
        yield report.latency_line(label, measures.latencies(installation, size, people))
        yield report.opt_out_line(label, *measures.opt_out_latencies(installation, size, people), size.backlog)
    with installed(place) as installation, installation.running() as parent:
        yield report.memory_line(label, measures.memory(installation, parent, size, people))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
