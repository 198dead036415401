"""A mail server that is set, and a chat room that listens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .team import Room


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_IS_SET = True
    settings.PUBLIC_URL = "https://crosswalk.example.com"
    settings.DEFAULT_FROM_EMAIL = "crosswalk@example.com"


@pytest.fixture
def room() -> Iterator[Room]:
    with Room().listening() as room:
        yield room
