"""Can everybody be told whom a notification names: addresses and channels, and never the person themselves."""

from __future__ import annotations

from typing import Any

from audit.notifications.targets import is_address
from integrations.vendors.base import Vendor

from ..texts import paths_of
from .action_checks import Place
from .known import Findings
from .parameters import words_of
from .reading import unknown
from .rule import ActionSpec, RuleSpec

_PROBE = "somebody@example.com"


def check_recipients(rule: RuleSpec, action: ActionSpec, place: Place, findings: Findings) -> None:
    vendor = findings.known.connections().get(rule.connection)
    for text in action.params["to"]:
        own = [path for path in paths_of(text) if vendor is not None and _is_own_address(path, vendor)]
        if own:
            said = f"{{{own[0]}}} is the person's own address: notifications are for your own team."
            findings.refuse(said, *place, "to")
        for word in words_of(text) if not paths_of(text) else ():
            _check_word(word, place, findings)


def _check_word(word: str, place: Place, findings: Findings) -> None:
    channels = findings.known.channels()
    if "@" in word and not is_address(word):
        findings.refuse(f"'{word[:60]}' is not an e-mail address.", *place, "to")
    elif "@" not in word and word.lower() not in channels:
        findings.refuse(f"{unknown(word, 'a channel', channels)} Channels are made under Set up.", *place, "to")


def _is_own_address(path: str, vendor: Vendor) -> bool:
    """Whether the vendor's records have the address of whom they are about there."""
    people = [object.name for object in vendor.capabilities.objects if object.kind == "contact"]
    record: Any = _PROBE
    for name in reversed(path.split(".")):
        record = {name: record}
    return any(vendor.identify(object, record)[0] == _PROBE for object in people)
