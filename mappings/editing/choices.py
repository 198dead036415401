"""What a person chooses by name in a rule: lists, campaigns, users, as they were read last. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from integrations.lookups import KnownLookUp, known_look_ups
from integrations.vendors.lookups import Entry

from .typing import typed_list

SEPARATOR = " · "  # the page's script knows it too


@dataclass(frozen=True)
class Choice:
    """The entries of one look-up at one connection.

    A rule holds an entry's id, or its name where records hold that. Anything else may be typed as well.
    """

    known: KnownLookUp

    @property
    def id(self) -> str:
        return f"choices-{self.known.connection}-{self.known.look_up.key}"

    @property
    def options(self) -> list[tuple[str, str]]:
        """What a rule would hold of each entry, with what tells a person which it is."""
        return [(self._value(entry), self._about(entry)) for entry in self.known.entries]

    @property
    def unread(self) -> str:
        """Why there is nothing to choose from; "" when there is."""
        if self.known.read_at is not None:
            return ""
        return (
            _("The %(label)s of %(connection)s are not read yet: open the connection and press Refresh.") % self._words
        )

    @property
    def unknown(self) -> str:
        return _("Not among the %(label)s of %(connection)s as last read:") % self._words

    def name_of(self, value: str) -> str:
        """The name of the entry that a rule holds so; "" when it is not known."""
        entry = self._entries.get(self._key(value))
        return entry.name if entry else ""

    def said(self, text: str) -> str:
        """What a text stands for, one entry or several with commas."""
        if self.unread or not text or "{" in text:
            return self.unread
        parts = [text] if self._meant(text) else typed_list(text)
        strange = [part for part in parts if not self._meant(part)]
        if strange:
            return f"{self.unknown} {', '.join(strange)}"
        meant = [self._meant(part)[0] for part in parts]
        return self._about(meant[0]) if len(meant) == 1 else ", ".join(filter(None, map(self._name, meant)))

    def chosen(self, text: str, several: bool = False) -> str:
        """The text with ids in the place of names. Raises ValueError when several entries have the name."""
        parts = typed_list(text) if several and not self._meant(text) else [text]
        found = [self._chosen(part) for part in parts]
        return text if found == parts else ", ".join(found)

    def _chosen(self, text: str) -> str:
        meant = [] if self.known.look_up.by_name or self._key(text) in self._entries else self._meant(text)
        if len(meant) > 1:
            raise ValueError(_("Several have this name. Enter the id of one: %s.") % ", ".join(e.id for e in meant))
        return meant[0].id if meant else text

    def _meant(self, text: str) -> list[Entry]:
        """The entry that a rule holds so, else those of this name."""
        held = self._entries.get(self._key(text))
        wanted = text.strip().casefold()
        return [held] if held else [entry for entry in self.known.entries if entry.name.casefold() == wanted]

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {self._key(self._value(entry)): entry for entry in self.known.entries}

    @property
    def _words(self) -> dict[str, str]:
        return {"label": self.known.look_up.label, "connection": self.known.connection}

    def _key(self, value: str) -> str:
        return value[: self.known.look_up.significant]

    def _value(self, entry: Entry) -> str:
        return entry.name if self.known.look_up.by_name else entry.id

    def _name(self, entry: Entry) -> str:
        """A name that is the value itself need not be said again."""
        return "" if entry.name == self._value(entry) else entry.name

    def _about(self, entry: Entry) -> str:
        return SEPARATOR.join(filter(None, (self._name(entry), *entry.facts)))


class Choices:
    """The choices at every connection, fetched once."""

    def __iter__(self) -> Iterator[Choice]:
        return iter(self._all)

    def for_action(self, connection: str, kind: str) -> Choice | None:
        """What an action's input at this connection is chosen from."""
        return next((each for each in self._at(connection) if kind and each.known.look_up.kind == kind), None)

    def for_field(self, connection: str, path: str) -> Choice | None:
        """What this field of the connection's records names an entry of."""
        return next((each for each in self._at(connection) if path in each.known.look_up.fields), None)

    def places(self) -> dict[str, dict[str, dict[str, str]]]:
        """The same for the page's script: by connection, what is chosen from which list of suggestions."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for each in self:
            place = found.setdefault(each.known.connection, {"kinds": {}, "fields": {}})
            place["kinds"][each.known.look_up.kind] = each.id
            place["fields"] |= dict.fromkeys(each.known.look_up.fields, each.id)
        return found

    def _at(self, connection: str) -> Iterator[Choice]:
        return (each for each in self if each.known.connection == connection)

    @cached_property
    def _all(self) -> list[Choice]:
        return [Choice(known) for known in known_look_ups()]


def in_quotes(choice: Choice | None, value: Any) -> Any:
    """The name of what a rule holds, for a sentence; the value itself when there is no name for it."""
    name = choice.name_of(str(value)) if choice else ""
    return f"“{name}”" if name and name != value else value
