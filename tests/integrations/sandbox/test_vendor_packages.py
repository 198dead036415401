"""Every simulated vendor is built alike, so that the next one is one package and one registry row."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.sandbox.registry import VENDORS
from integrations.sandbox.switches import FAILURES

FILES = ("__init__", "acts", "auth", "errors", "options", "routes", "rules", "seed")
HOME = Path(__file__).resolve().parents[3] / "integrations" / "sandbox"


@pytest.mark.parametrize("slug", VENDORS)
def test_every_vendor_has_the_same_files(slug: str) -> None:
    assert {f"{name}.py" for name in FILES} <= {path.name for path in (HOME / slug).iterdir()}


@pytest.mark.parametrize("slug", VENDORS)
def test_nothing_outside_its_package_names_a_vendor_but_the_registry(slug: str) -> None:
    allowed = {"registry.py", "testing.py", "traffic.py"}
    naming = {path.name for path in HOME.glob("*.py") if slug in path.read_text("utf-8").lower()}
    assert naming <= allowed


@pytest.mark.parametrize("slug", VENDORS)
def test_every_vendor_fails_in_every_way_and_has_switches_of_its_own_name(slug: str) -> None:
    vendor = VENDORS[slug]
    assert set(vendor.failures) == {"rate_limit", "unauthorized", "down", "broken", "unknown_path", "unreadable"}
    names = [switch.name for switch in (*FAILURES, *vendor.switches)]
    assert len(names) == len(set(names))
    assert all(switch.read(switch.default) == switch.default for switch in vendor.switches)
