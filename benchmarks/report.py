"""The table: what was measured beside what is to be reached, ratios first; as text and as a page of the docs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .measures import Burst, percentiles

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
KEPT = "<!-- what follows is written by hand -->"


@dataclass(frozen=True)
class Line:
    """One measure at one store."""

    measure: str
    store: str
    value: str
    wanted: str
    reached: bool | None = None  # None where nothing is to be reached

    def cells(self) -> tuple[str, ...]:
        return self.measure, self.store, self.value, self.wanted, _SAID[self.reached]


_SAID = {True: "yes", False: "no", None: "–"}
HEAD = ("measure", "store", "measured", "to reach", "reached")


def answers_line(store: str, ours: Sequence[float], bare: Sequence[float]) -> Line:
    ratio = median(ours) / median(bare)
    value = f"{ratio:.2f} ({median(ours):.0f}/s against {median(bare):.0f}/s)"
    return Line("webhook answers against a bare view", store, value, "0.75", ratio >= 0.75)


def delay_line(store: str, slow: Burst, fast: Burst) -> Line:
    ratio = slow.per_second / fast.per_second
    value = f"{ratio:.2f} ({slow.per_second:.0f}/s)"
    return Line("burst with 150 ms per call against at once", store, value, "0.80", ratio >= 0.8)


def burst_line(store: str, fast: Burst, wanted: int) -> Line:
    value = f"{fast.per_second:.0f}/s (answers {fast.leads / fast.answered:.0f}/s meanwhile)"
    return Line(f"callbacks to leads, burst of {fast.leads}", store, value, f"{wanted}/s", fast.per_second >= wanted)


def latency_line(store: str, seconds: Sequence[float]) -> Line:
    p50, p95 = percentiles(seconds)
    value = f"p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
    return Line("POST to arrival, 5 per second", store, value, "100 ms, 250 ms", p50 < 0.1 and p95 < 0.25)


def opt_out_line(store: str, seconds: Sequence[float], left: int, backlog: int) -> Line:
    p50, p95 = percentiles(seconds)
    value = f"p95 {p95 * 1000:.0f} ms, p50 {p50 * 1000:.0f} ms ({left} still waited at the last)"
    return Line(f"a stop's POST to arrival, {backlog} changes waiting", store, value, "p95 1 s", p95 < 1)


def calls_line(store: str, fast: Burst) -> Line:
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(fast.calls.items()))
    value = f"{fast.calls_per_thousand:.1f} ({kinds})"
    return Line("Salesforce calls per 1,000 leads", store, value, "12", fast.calls_per_thousand <= 12)


def processor_line(store: str, fast: Burst) -> Line:
    each = 1000 * fast.processor / fast.leads
    return Line("processor time of our processes per lead", store, f"{each:.2f} ms", "–")


def memory_line(store: str, found: dict[int, float]) -> Line:
    value = ", ".join(f"{megabytes:.0f} MB after {events}" for events, megabytes in found.items())
    last = list(found.values())[-1]
    return Line("memory of all processes", store, value, "400 MB", last < 400)


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in _cpu() if line.startswith("model name")), platform.machine())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({model}), {system}"


def _cpu() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def moment() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def load() -> str:
    """How busy the machine is; a benchmark of its own alone stays near the number of its cores."""
    return f"load average {os.getloadavg()[0]:.1f}"


def text(lines: Sequence[Line]) -> str:
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def page(lines: Sequence[Line], about: str) -> str:
    rows = [HEAD, ("---",) * len(HEAD), *(line.cells() for line in lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"# How fast it is\n\n`make bench` measured this against real processes on one machine: {about}.\n\n{table}\n"
    )


def write_page(lines: Sequence[Line], about: str) -> None:
    """The table anew; what was written by hand below it stays."""
    before = PAGE.read_text() if PAGE.exists() else ""
    by_hand = before.split(KEPT, 1)[1] if KEPT in before else "\n"
    PAGE.write_text(f"{page(lines, about)}\n{KEPT}{by_hand}")
