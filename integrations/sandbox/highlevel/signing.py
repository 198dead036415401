"""How HighLevel's webhooks are signed: the headers that go with a body (§3.4). With a key pair of the sandbox's own."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..vendor import Hand

UNSIGNED = "N/A"  # HighLevel's own word for "no signature"
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the sandbox's HighLevel").digest())
PUBLIC_KEY = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature_headers(hand: Hand, body: bytes) -> dict[str, str]:
    """The old signature is never sent: it was to end before the sandbox was made."""
    signed = {
        "right": base64.b64encode(KEY.sign(body)).decode(),
        "wrong": base64.b64encode(KEY.sign(body + b" ")).decode(),
        "unsigned": UNSIGNED,
    }
    return {"X-GHL-Signature": signed[hand.switches["webhook_signature"]]}
