"""Every vendor that a connection can stand for: one row each."""

from __future__ import annotations

from difflib import get_close_matches

from .base import Vendor
from .getresponse import VENDOR as GETRESPONSE
from .highlevel import VENDOR as HIGHLEVEL
from .responder import VENDOR as RESPONDER
from .salesforce import VENDOR as SALESFORCE
from .webhook import VENDOR as WEBHOOK

VENDORS: dict[str, Vendor] = {
    GETRESPONSE.slug: GETRESPONSE,
    HIGHLEVEL.slug: HIGHLEVEL,
    RESPONDER.slug: RESPONDER,
    SALESFORCE.slug: SALESFORCE,
    WEBHOOK.slug: WEBHOOK,
}


def vendor(slug: str) -> Vendor:
    """The vendor of this slug. Raises KeyError, with the nearest names."""
    if slug in VENDORS:
        return VENDORS[slug]
    near = get_close_matches(slug, VENDORS, n=3, cutoff=0.4) or sorted(VENDORS)
    raise KeyError(f"There is no vendor {slug!r}. Nearest: {', '.join(near)}.")
