"""One line of text that holds a person's name becomes a first name and a last name that agree with each other.

Titles are dropped, suffixes stay with the last name, "Last, First" is turned, particles stay with the last name;
otherwise the last word is the last name and all before it the first. In Hebrew the first space divides.
One word is a last name. Emoji and control marks are dropped. Nothing else is lost, and the raw name is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .name_words import (
    DOTTED_SUFFIXES,
    DOTTED_TITLES,
    PARTICLES,
    SUFFIXES,
    SURNAME_JOINERS,
    TITLE_JOINERS,
    TITLES,
    word_key,
)

_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So"})
_EMOJI_MODIFIERS = re.compile("[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_COMMAS = re.compile("[,،，、]")
_QUOTED_WHOLE = re.compile(r"^([\"“”„'‘«])([^\"“”„'‘’«»]+)([\"“”'’»])$")
_EMAIL = re.compile(r"^<?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>?$")
_BRACKETED_TAIL = re.compile(r"^(.*?\S)((?: [(\[{][^()\[\]{}]*[)\]}])+)$")
_LONGEST_WITH_BRACKETS = 1000
_GLUED_TITLE = re.compile(r"^([^\W\d_]{2,}(?:[\"״'׳][^\W\d_])?\.)(?=[^\W\d_]{2})")


@dataclass(frozen=True)
class PersonName:
    """A name in two parts. `last` holds the suffix too; `suffix` and `titles` say what was recognised."""

    first: str = ""
    last: str = ""
    suffix: str = ""
    titles: tuple[str, ...] = ()
    raw: object = None


def first_name(raw: object) -> str:
    return split_name(raw).first


def last_name(raw: object) -> str:
    return split_name(raw).last


def full_name(raw: object) -> str:
    """Both parts in the order they are spoken, without titles."""
    name = split_name(raw)
    return f"{name.first} {name.last}".strip()


def split_name(raw: object) -> PersonName:
    """Never raises; what is not text has no name in it."""
    parts = [part for part in (_words_of(part) for part in _COMMAS.split(_cleaned(raw))) if part]
    titles, parts = _without_titles(parts)
    tail, parts = _without_suffix_parts(parts)
    if not parts:
        return PersonName(raw=raw, titles=titles)
    first, last, suffix = _turned(parts) if len(parts) > 1 else _divided(parts[0], bool(titles))
    return PersonName(" ".join(first), " ".join(last + suffix + tail), " ".join(suffix + tail), titles, raw)


# --- from text to words -----------------------------------------------------------------------------------------


def _cleaned(raw: object) -> str:
    """The text without emoji, control and direction marks, with single spaces, without quotes around all of it."""
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "ignore")
    if not isinstance(raw, str):
        return ""
    kept = _EMOJI_MODIFIERS.sub("", "".join(_kept(character) for character in raw))
    text = " ".join(kept.split())
    return _QUOTED_WHOLE.sub(r"\2", text)


def _kept(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _DROPPED_CATEGORIES else character


def _words_of(text: str) -> list[str]:
    """Words with a letter or digit in them, and "&"; an e-mail address beside other words is no part of the name."""
    words = _bracketed_together(text.strip())
    words = [word for word in words if word == "&" or _says_something(word)]
    if not any(map(_says_something, words)):
        return []
    return [word for word in words if not _EMAIL.match(word)] or words


def _bracketed_together(text: str) -> list[str]:
    """Words, with a bracketed tail as one: Jane Doe (Acme Ltd)."""
    tail = _BRACKETED_TAIL.match(text) if len(text) <= _LONGEST_WITH_BRACKETS else None
    return [*tail.group(1).split(), tail.group(2).strip()] if tail else text.split()


def _says_something(word: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in word)


# --- what is not the name ---------------------------------------------------------------------------------------


def _without_titles(parts: list[list[str]]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Titles at the start of each part go, and parts that hold nothing else; the only word there is stays."""
    titles: list[str] = []
    kept: list[list[str]] = []
    for part in parts:
        part_titles, rest = _leading_titles(part)
        titles += part_titles
        kept.append(rest)
    named = [part for part in kept if not all(map(_is_title, part))]
    only_titles = [part for part in kept if all(map(_is_title, part))]
    lost = only_titles if named else only_titles[1:]
    return (*titles, *(word for part in lost for word in part)), named or only_titles[:1]


def _leading_titles(words: list[str]) -> tuple[list[str], list[str]]:
    words = _unglued(words)
    taken = 0
    while taken < len(words) - 1:
        step = _title_length(words, taken)
        if not step or taken + step >= len(words):
            break
        taken += step
    return words[:taken], words[taken:]


def _title_length(words: list[str], at: int) -> int:
    """1 for a title, 2 for "and Mrs." after a title, 0 for a name."""
    if _is_title(words[at]):
        return 1
    joined = at > 0 and word_key(words[at]) in TITLE_JOINERS and _is_title(words[at + 1])
    return 2 if joined else 0


def _unglued(words: list[str]) -> list[str]:
    """ "Dr.Jane Doe" is "Dr. Jane Doe"; initials like "J.R." and names stay."""
    titles, word = [], words[0]
    while (glued := _GLUED_TITLE.match(word)) and word_key(word) not in TITLES and _is_title(glued.group(1)):
        titles.append(glued.group(1))
        word = word[glued.end() :]
    return [*titles, word, *words[1:]]


def _is_title(word: str) -> bool:
    key = word_key(word)
    return key in TITLES or (word.endswith(".") and key in DOTTED_TITLES)


def _is_suffix(word: str) -> bool:
    key = word_key(word)
    return key in SUFFIXES or ("." in word and key in DOTTED_SUFFIXES) or _is_bracketed(word)


def _is_bracketed(word: str) -> bool:
    return word[0] in "([{"


def _without_suffix_parts(parts: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """ "Jane Doe, PhD" and "Doe, Jr., John": parts after the first that are suffixes and nothing else."""
    tail = [part for part in parts[1:] if _is_suffix_part(part)]
    rest = [*parts[:1], *(part for part in parts[1:] if not _is_suffix_part(part))]
    return [word for part in tail for word in part], rest


def _is_suffix_part(part: list[str]) -> bool:
    return all(_is_suffix(word) or word_key(word) in DOTTED_SUFFIXES for word in part)


# --- the two parts ----------------------------------------------------------------------------------------------

Split = tuple[list[str], list[str], list[str]]  # first, last, suffix


def _turned(parts: list[list[str]]) -> Split:
    """ "Last, First": particles that trail the first name go back ("Berg, Jane van der")."""
    last, suffix = _without_suffix(parts[0])
    first = [word for part in parts[1:] for word in part]
    first, given_suffix = (first, []) if _is_bracketed(first[-1]) else _without_suffix(first)
    start = len(first)
    while start > 1 and _is_small_particle(first[start - 1]):
        start -= 1
    return first[:start], first[start:] + last, suffix + given_suffix


def _divided(words: list[str], titled: bool) -> Split:
    if _is_hebrew(words):
        return (words[:1], words[1:], []) if len(words) > 1 else ([], words, [])
    names, suffix = _without_suffix(words)
    start = 0 if titled and _is_small_particle(names[0]) else _start_of_last(names)
    return names[:start], names[start:], suffix


def _without_suffix(words: list[str]) -> tuple[list[str], list[str]]:
    end = len(words)
    while end > 1 and _is_suffix(words[end - 1]):
        end -= 1
    return words[:end], words[end:]


def _start_of_last(words: list[str]) -> int:
    """The first particle after the first word; else the last word. A particle that comes first is a first name."""
    for index in range(1, len(words) - 1):
        if word_key(words[index]) in PARTICLES:
            return index
    if len(words) > 3 and words[-2] in SURNAME_JOINERS:
        return len(words) - 3
    return len(words) - 1


def _is_small_particle(word: str) -> bool:
    return word_key(word) in PARTICLES and not word[0].isupper()


def _is_hebrew(words: list[str]) -> bool:
    """Hebrew when the first letter is."""
    letter = next((character for word in words for character in word if character.isalpha()), "")
    return "\u0590" <= letter <= "\u05ff" or "\ufb1d" <= letter <= "\ufb4f"
