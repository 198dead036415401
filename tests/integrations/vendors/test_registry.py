"""The registry has one row for each vendor."""

from __future__ import annotations

import pytest

from integrations.vendors.registry import VENDORS, vendor


@pytest.mark.parametrize("slug", list(VENDORS))
def test_a_vendor_is_found_by_its_slug(slug: str) -> None:
    assert vendor(slug).slug == slug


def test_an_unknown_vendor_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="salesforce"):
        vendor("sales-force")
