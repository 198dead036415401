"""Searches among contacts: the only way to the removed ones, to who has a tag, and to who was at a webinar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base import Record
from ...http import Call
from ..client import PER_PAGE, Api, next_page
from .contacts import elements_of

# Exactly one of them in a search (getresponse.md §2.4).
SUBSCRIBED, REMOVED, UNCONFIRMED = "subscribed", "removed", "unconfirmed"
FIELDS = "name,email,origin,createdOn,campaign,reason,deletedOn"
MOST_CONDITIONS = 8  # in a section, and as many sections (§2.6)
Condition = Mapping[str, str]


def has_tag(tag_id: str) -> Condition:
    return {"conditionType": "tag", "operatorType": "exists", "operator": "exists", "value": tag_id}


def at_webinar(webinar_id: str, what: str) -> Condition:
    """A registrant who `participated` or `not_participated` (§2.6)."""
    return {"conditionType": "webinar", "scope": webinar_id, "contactType": "registrant", "webinarCondition": what}


def has_address(email: str) -> Condition:
    return {"conditionType": "email", "operatorType": "string_operator", "operator": "is", "value": email}


def search(api: Api, kind: str, conditions: Sequence[Condition], page: int = 1) -> tuple[list[Record], bool]:
    """One page of the contacts on any list of whom any condition holds, the oldest first; and whether more follow."""
    lists = [str(each["campaignId"]) for each in api.pages("campaigns") if each.get("campaignId")]
    if not lists:
        return [], False
    paging = [("sort[createdOn]", "ASC"), ("page", str(page)), ("perPage", str(PER_PAGE)), ("fields", FIELDS)]
    body = {
        "subscribersType": [kind],
        "sectionLogicOperator": "or",
        "section": [section(lists, part) for part in _parts(conditions)],
    }
    answer = api.send(Call("POST", "search-contacts/contacts", query=paging, body=body, reads=True))
    found = [element for element in elements_of(answer.json) if element.get("contactId")]
    return found, bool(next_page(answer, page, len(elements_of(answer.json))))


def _parts(conditions: Sequence[Condition]) -> list[Sequence[Condition]]:
    """As many sections as the conditions need; one without any finds everybody."""
    return [conditions[n : n + MOST_CONDITIONS] for n in range(0, max(len(conditions), 1), MOST_CONDITIONS)]


def section(lists: Sequence[str], conditions: Sequence[Condition]) -> dict[str, Any]:
    return {
        "campaignIdsList": list(lists),
        "logicOperator": "or" if conditions else "and",
        "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
        "subscriptionDate": "all_time",
        "conditions": list(conditions),
    }
