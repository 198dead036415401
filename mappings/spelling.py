"""The nearest known name for one that nobody knows, as the end of a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """ " Did you mean first_name?" or, when nothing is near, ""; names at most three."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(str(word)[:100].casefold(), list(names), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(names[name] for name in near)}?" if near else ""
