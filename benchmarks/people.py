"""Who subscribes: bodies of callbacks about people that nobody else has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .load import Post

FIRST_NAMES = ("Jane", "Dana", "Noa", "Omar", "Lena", "Yael", "Tom", "Mia")
LAST_NAMES = ("Cohen", "van der Berg", "Levi", "Smith", "Haddad", "Novak", "Brown", "Mizrahi")


def email_of(number: int) -> str:
    return f"person{number:06d}@example.com"


def contact_id_of(number: int) -> str:
    return f"c{number:06d}"


def contact(number: int) -> dict[str, Any]:
    """A contact in the form a GetResponse event has it; all that the mapping reads."""
    name = f"{FIRST_NAMES[number % 8]} {LAST_NAMES[number // 8 % 8]}"
    return {
        "contactId": contact_id_of(number),
        "email": email_of(number),
        "name": name,
        "campaign": {"campaignId": "abc123def", "name": "Newsletter"},
        "createdOn": "2026-04-21T09:15:00+0000",
        "origin": "landing_page",
        "customFields": [
            {"name": "company", "value": [f"Company {number}"]},
            {"name": "job_title", "value": ["VP Sales"]},
        ],
        "tags": [{"tagId": "t1", "name": "pricing_page_visited"}],
    }


def post(number: int, action: str = "subscribe") -> Post:
    return Post(email_of(number), json.dumps({"contact": contact(number), "action": action}).encode())


def posts(first: int, count: int) -> Iterator[Post]:
    return (post(number) for number in range(first, first + count))
