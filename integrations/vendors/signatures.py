"""Signs a webhook and tells a signed one, by the Standard Webhooks scheme: what comes in from any tool, and goes out.

Source: standardwebhooks.com, specification 1.0: HMAC-SHA256 over `id.timestamp.body`, in base64, after `v1,`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from .errors import Forged

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_VERSION = "v1,"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def keys_of(secret: str) -> list[bytes]:
    """What a secret may stand for: base64 after `whsec_`; without that also the text itself. Empty: it is neither."""
    plain = [] if secret.startswith(PREFIX) else [secret.encode()]
    try:
        decoded = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return plain
    return [decoded, *plain] if decoded else plain


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One entry of the signature header."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return _VERSION + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def signed_headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a call that is sent."""
    timestamp = int(at.timestamp())
    signature = sign(keys_of(secret)[0], message_id, timestamp, body)
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: signature}


def check_signature(
    headers: Mapping[str, str], body: bytes, available: Iterable[str], received_at: datetime | None
) -> None:
    """Raise Forged unless the call is signed with one of the secrets, and was so within five minutes of its arrival."""
    message_id, given = headers.get(ID, ""), headers.get(SIGNATURE, "").split()
    timestamp = _timestamp(headers.get(TIMESTAMP, ""))
    if not message_id or not given or timestamp is None:
        raise Forged("The call is not signed.")
    if received_at is None or abs(received_at - datetime.fromtimestamp(timestamp, UTC)) > TOLERANCE:
        raise Forged("The signature is older or newer than five minutes.")
    wanted = [sign(key, message_id, timestamp, body).encode() for secret in available for key in keys_of(secret)]
    matches = [hmac.compare_digest(one, entry.encode("utf-8", "replace")) for one in wanted for entry in given]
    if not any(matches):
        raise Forged("The signature is wrong.")


def _timestamp(text: str) -> int | None:
    """Seconds since 1970; None for what is no time that a date can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 11 else None
