"""What a person chooses from when naming something of an account: its lists, tags, campaigns, users."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LookUp:
    """One such collection, by the vendor's own word.

    `kind` is what its entries are: to a rule's actions campaign tag user member_status, to its conditions message
    webinar form landing_page.
    """

    key: str
    label: str  # plural, in the middle of a sentence: "lists"
    kind: str
    fields: tuple[str, ...] = ()  # what in a record names an entry: campaign.campaignId
    by_name: bool = False  # rules and records name an entry by its name, not by its id
    significant: int | None = None  # so many characters of an id tell it from every other; None: all of them
    source: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing of a look-up. `facts` are a few of the vendor's words that tell it from others of the same name."""

    id: str
    name: str
    facts: tuple[str, ...] = ()
