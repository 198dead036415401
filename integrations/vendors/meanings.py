"""What a vendor's answer means for us: a row of each vendor's table of codes, made into an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Conflict, CrosswalkError, FieldHidden, Moved, RateLimited, Rejected

# The facts beside message, code and status that an error of this kind takes.
TAKES: Mapping[type[CrosswalkError], tuple[str, ...]] = {
    RateLimited: ("retry_after",),
    FieldHidden: ("help", "fields"),
    Rejected: ("help", "fields"),
    Conflict: ("help", "record_ids"),
    Moved: ("object", "record_id"),
}


@dataclass(frozen=True)
class Meaning:
    """What one of a vendor's codes means: which error, and the sentence that says what a person can do."""

    error: type[CrosswalkError]
    help: str = ""

    def make(self, message: str, vendor_code: str, status: int | None, **facts: Any) -> CrosswalkError:
        """The error itself; facts that this kind does not take are left out."""
        taken = TAKES.get(self.error, ("help",))
        known = {name: value for name, value in {"help": self.help, **facts}.items() if name in taken}
        return self.error(message, vendor_code=vendor_code, status=status, **known)
