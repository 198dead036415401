"""Which vendors the sandbox simulates: one row each."""

from __future__ import annotations

from .getresponse import VENDOR as GETRESPONSE
from .highlevel import VENDOR as HIGHLEVEL
from .responder import VENDOR as RESPONDER
from .salesforce import VENDOR as SALESFORCE
from .vendor import SimulatedVendor

VENDORS: dict[str, SimulatedVendor] = {
    vendor.slug: vendor for vendor in (GETRESPONSE, HIGHLEVEL, RESPONDER, SALESFORCE)
}
