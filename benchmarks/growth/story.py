"""What happened, as numbers: how many of everything, when each thing was, and whose it is. Expressions over `n`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .dialects import either, ulid

WAITING = 600  # events that nobody planned yet, a third on each lane; their changes wait to be delivered
UNSEALED = 1500  # final changes in no seal
SEAL = 500
LATE = 2000  # events whose payload is due to be emptied, at the most
LANES = ("optouts", "events", "bulk")
STOPS = 40  # every so many events is a stop


def _now() -> int:
    return int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1000)


@dataclass(frozen=True)
class Story:
    """N events within so many days, three changes each, a third as many people."""

    events: int
    days: int
    payload_days: int
    end: int = field(default_factory=_now)  # milliseconds since 1970

    @property
    def people(self) -> int:
        return max(self.events // 3, self.events // STOPS + 1)

    @property
    def changes(self) -> int:
        return 3 * self.events

    @property
    def stops(self) -> int:
        return self.events // STOPS

    @property
    def step(self) -> int:
        """Milliseconds between two events."""
        return self.days * 86_400_000 // self.events

    @property
    def emptied(self) -> int:
        """Events up to this one have no payload any more."""
        old = max(0, self.days - self.payload_days) * 86_400_000 // self.step
        return max(0, old - min(LATE, old // 2))

    @property
    def final(self) -> int:
        """Changes after this one are not delivered yet."""
        return self.changes - 3 * WAITING

    # --- when

    def event_moment(self, n: str) -> str:
        return f"{self.end} - ({self.events} - ({n})) * {self.step}"

    def change_moment(self, n: str) -> str:
        return f"{self.end} - (({self.changes} - ({n})) * {self.step}) / 3"

    def person_moment(self, n: str) -> str:
        return f"{self.end} - ({self.people} - ({n})) * {self.days * 86_400_000 // self.people}"

    # --- who

    def event_id(self, n: str) -> str:
        return ulid(self.event_moment(n), n)

    def change_id(self, n: str) -> str:
        return ulid(self.change_moment(n), n)

    def person_id(self, n: str) -> str:
        return ulid(self.person_moment(n), n)

    def stop_id(self, n: str) -> str:
        return ulid(self.event_moment(f"{n} * {STOPS}"), n)

    def person_of_event(self, n: str) -> str:
        """Every stop is somebody else's; the other events are spread over everybody."""
        return either((f"({n}) % {STOPS} = 0", f"({n}) / {STOPS}"), otherwise=f"({n}) * 7919 % {self.people} + 1")

    def event_of_change(self, n: str) -> str:
        """The changes that wait are of the last events that were planned."""
        planned = f"(({n}) + 2) / 3 - {WAITING}"
        return either((f"{planned} < 1", "1"), otherwise=planned)
