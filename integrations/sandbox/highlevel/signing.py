"""How HighLevel's webhooks are signed: the headers that go with a body (§3.4)."""

from __future__ import annotations

from ..vendor import Hand

UNSIGNED = "N/A"  # HighLevel's own word for "no signature"


def signature_headers(hand: Hand, body: bytes) -> dict[str, str]:
    return {"X-GHL-Signature": UNSIGNED}
