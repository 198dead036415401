"""Keeps secrets out of every text that is stored or shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
SHORTEST_SECRET = 4  # shorter ones would blank half of every text
SECRET_NAMES = (
    r"access_?token|refresh_?token|id_token|user_token|token|client_?secret|assertion|api_key|private_key|signature"
    r"|sentToken|password"
)
IN_JSON = re.compile(rf'("(?:{SECRET_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:.]+")
IN_FORM = re.compile(rf"\b({SECRET_NAMES})=[^&\s\"]*", re.IGNORECASE)


class Redactor:
    """Replaces given secrets, in each way they can be written, and the values of names that are always secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        long_enough = {s for s in secrets if len(s) >= SHORTEST_SECRET}
        self._spellings = sorted({w for s in long_enough for w in spellings(s)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        text = IN_JSON.sub(rf'\1"{HIDDEN}"', text)
        return IN_FORM.sub(rf"\1={HIDDEN}", text)


def spellings(secret: str) -> set[str]:
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), *in_json}


def without_addresses(text: str) -> str:
    """A vendor's words without the e-mail addresses in them: messages hold no value of a record."""
    return ADDRESS.sub(HIDDEN, text)
