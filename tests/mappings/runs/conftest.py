"""Where backfills are tried: limits that no test reaches unless it says so, and pages of a few records."""

from __future__ import annotations

import pytest

from integrations.models import Connection
from tests.world import World

ROOMY = [{"calls": 1_000_000, "per": "1d"}]


@pytest.fixture
def roomy(world: World) -> World:
    Connection.objects.update(limits=ROOMY)
    return world


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten, and no more than ten begun: many portions of few records."""
    monkeypatch.setattr("integrations.vendors.getresponse.resources.contacts.PER_PAGE", 10)
    monkeypatch.setattr("mappings.runs.backfill.AHEAD", 10)
