"""Webhook calls as files: what a vendor sends, with the source of each shape beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from integrations.vendors.base import Inbound


@dataclass(frozen=True)
class Payload:
    """One call to our webhook URL, and the types of the notices that it holds ("" for a type we do not know).

    `signed`: its vendor signs such a call with a key that only it has; the file is without the signature.
    """

    name: str
    source: str
    types: tuple[str, ...]
    inbound: Inbound
    signed: bool = False


def payloads(vendor: str) -> list[Payload]:
    folder = Path(__file__).parent / vendor
    return [_read(file) for file in sorted(folder.glob("*.json"))]


def payload(vendor: str, name: str) -> Payload:
    return _read(Path(__file__).parent / vendor / f"{name}.json")


def _read(file: Path) -> Payload:
    facts = json.loads(file.read_text(encoding="utf-8"))
    body = (
        facts.get("form")
        or facts.get("text")
        or (json.dumps(facts["body"], ensure_ascii=False) if "body" in facts else "")
    )
    query = parse_qsl(facts["query"], keep_blank_values=True)
    inbound = Inbound(facts["method"], facts["headers"], query, body.encode(), facts["content_type"])
    return Payload(file.stem, facts["source"], tuple(facts["types"]), inbound, facts.get("signed", False))
