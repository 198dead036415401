"""A look at a connection's options: what is understood of a call, and what does not make sense."""

from __future__ import annotations

from ...base import Account, Check
from ...signatures import keys_of
from ..capabilities import EVENTS
from ..credentials import secrets_of
from ..fields import DEFAULT_EVENT, Reader

ADDRESS = Check("Webhook URL", True, "The tool sends JSON or a form by POST to the connection's webhook URL.")


def checks_of(account: Account) -> list[Check]:
    """Kept and shown to everybody who may look: the URL, which is a secret, is not among it."""
    return [ADDRESS, _signature(account), _meaning(Reader(account.options))]


def _signature(account: Account) -> Check:
    secrets = secrets_of(account.credentials)
    if not secrets:
        return Check("Signature", True, "Calls are not signed: whoever knows the URL can call it.")
    if all(keys_of(secret) for secret in secrets):
        return Check("Signature", True, "Calls without a right signature (Standard Webhooks) are refused.")
    return Check(
        "Signature",
        False,
        "A signing secret is not base64 after whsec_.",
        "Copy the secret from the tool once more, whole, and enter it here.",
    )


def _meaning(reader: Reader) -> Check:
    strange = sorted({event for event in reader.words.values() if event not in EVENTS} | set(reader.unread))
    if strange:
        said = ", ".join(strange)
        return Check("Meaning", False, f"Not an event of Crosswalk: {said}.", "Write: word = event, word = event.")
    if reader.event_field and not reader.words:
        detail = f"{reader.event_field} is to hold an event of Crosswalk by its own name."
        return Check("Meaning", True, detail)
    if reader.event_field:
        return Check("Meaning", True, f"{reader.event_field} says what happened, in {len(reader.words)} words.")
    return Check("Meaning", True, f"Every call is {reader.event or DEFAULT_EVENT}.")
