"""Looks for the contact of an address on one list: active, or waiting for the person to confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...base import Record
from ...errors import CrosswalkError
from ...http import Call
from ..client import Api
from .contacts import elements_of, same_text
from .rows import send_all
from .searches import UNCONFIRMED, has_address, section

Place = tuple[str, str]  # (e-mail, list): there is one contact for each
Hits = dict[str, Record | CrosswalkError | None]  # by the id of the write; None: nobody is there


def look_on_lists(api: Api, places: Mapping[str, Place]) -> Hits:
    """The active contact of each place. Its listing holds no tags and no custom fields."""
    return _look(api, places, _listing)


def look_for_unconfirmed(api: Api, places: Mapping[str, Place]) -> Hits:
    """Who was added and has not confirmed yet; `/contacts` does not show them (getresponse.md §2.2)."""
    return _look(api, places, _unconfirmed)


def _look(api: Api, places: Mapping[str, Place], call_for: Callable[[Place], Call]) -> Hits:
    answers = send_all(api, {id_: call_for(place) for id_, place in places.items()})
    return {
        id_: answer if isinstance(answer, CrosswalkError) else _hit(answer.json, places[id_])
        for id_, answer in answers.items()
    }


def _hit(body: Any, place: Place) -> Record | None:
    """Compared again: the search is a LIKE."""
    email, list_id = place
    hits = (hit for hit in elements_of(body) if hit.get("contactId") and same_text(hit.get("email"), email))
    return next((hit for hit in hits if list_of(hit) == list_id), None)


def list_of(contact: Record) -> str:
    campaign = contact.get("campaign")
    return str(campaign.get("campaignId") or "") if isinstance(campaign, dict) else ""


def _listing(place: Place) -> Call:
    email, list_id = place
    query = (("query[email]", email), ("query[campaignId]", list_id), ("additionalFlags", "exactMatch"))
    return Call("GET", "contacts", query)


def _unconfirmed(place: Place) -> Call:
    email, list_id = place
    parts = [section([list_id], [has_address(email)])]
    body = {"subscribersType": [UNCONFIRMED], "sectionLogicOperator": "or", "section": parts}
    return Call("POST", "search-contacts/contacts", body=body, reads=True)
