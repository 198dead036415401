"""How HighLevel writes moments, and its ids."""

from __future__ import annotations

import random
import string

from ..moments import now


def moment() -> str:
    """2026-08-01T15:00:00.000Z."""
    here = now()
    return here.strftime("%Y-%m-%dT%H:%M:%S.") + f"{here.microsecond // 1000:03d}Z"


def new_id(length: int = 20) -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=length))
