"""Texts with placeholders: "{name|first_name} wrote", with {{ and }} for the braces themselves.

A placeholder is a path of the record and any number of transforms behind bars. Parameters follow a colon, separated by
commas; one that holds a comma, a bar, a colon or a brace stands in double quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .transforms import Context, Result, Step, apply
from .transforms.catalogue import CATALOGUE
from .transforms.steps import by_position, parse_via, step_of
from .values import is_blank, text_of

_PIECE = re.compile(r'\{\{|\}\}|\{((?:"[^"]*"|[^{}"])*)\}|[{}]')
_BAR = re.compile(r'\|(?=(?:[^"]*"[^"]*")*[^"]*$)')
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Placeholder:
    path: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Broken:
    """A piece that cannot be read: it stays in the text as it is written."""

    source: str
    problem: str


Piece = str | Placeholder | Broken


def render(text: object, context: Context) -> Result:
    """The text with its placeholders filled in. Unknown fields are "" and noted. Never raises."""
    return render_filled(text, context)[1]


def render_filled(text: object, context: Context) -> tuple[bool, Result]:
    """The rendered text, and whether any placeholder gave something; True for a text without placeholders."""
    notes: list[str] = []
    pieces = _pieces(text_of(text))
    rendered = [_rendered(piece, context, notes) for piece in pieces]
    places = [said for piece, said in zip(pieces, rendered, strict=True) if isinstance(piece, Placeholder)]
    filled = any(not is_blank(said) for said in places) or not places
    return filled, Result("".join(rendered), list(dict.fromkeys(notes)))


def paths_of(text: object) -> set[str]:
    """The paths of the record that the text reads."""
    return {piece.path for piece in _pieces(text_of(text)) if isinstance(piece, Placeholder)}


def check(text: object) -> list[str]:
    """What is wrong with the text, in plain sentences; nothing when it is fine."""
    if not isinstance(text, str):
        return ["A text is needed here."]
    if len(text) > _LONGEST_TEXT:
        return [f"A text has at most {_LONGEST_TEXT:,} characters, this one has {len(text):,}."]
    return [piece.problem for piece in _pieces(text) if isinstance(piece, Broken)]


def _rendered(piece: Piece, context: Context, notes: list[str]) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Broken):
        notes.append(piece.problem)
        return piece.source
    exists, value = context.at(piece.path)
    result = apply(piece.steps, value, context)
    if not exists and is_blank(result.value):
        notes.append(f"No field {piece.path}: left empty.")
    notes.extend(result.notes)
    return _said(result.value, notes)


def _said(value: Any, notes: list[str]) -> str:
    if isinstance(value, dict) and not text_of(value):
        notes.append("An object has no text: left empty.")
    return ", ".join(filter(None, map(text_of, value))) if isinstance(value, list) else text_of(value)


# --- reading ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _pieces(text: str) -> tuple[Piece, ...]:
    if len(text) > _LONGEST_TEXT:
        return (text,)
    pieces: list[Piece] = []
    end = 0
    for match in _PIECE.finditer(text):
        pieces += [text[end : match.start()], _piece(match)]
        end = match.end()
    return tuple(piece for piece in [*pieces, text[end:]] if piece != "")


def _piece(match: re.Match[str]) -> Piece:
    source = match.group()
    if source in ("{{", "}}"):
        return source[0]
    if match.group(1) is None:
        return Broken(
            source, f"A single {source} at character {match.start() + 1}: write {source * 2} for the character itself."
        )
    try:
        return _placeholder(match.group(1))
    except ValueError as error:
        return Broken(source, f"In {source[:60]}: {error}")


def _placeholder(inside: str) -> Placeholder:
    path, *steps = (part.strip() for part in _BAR.split(inside))
    if not path:
        raise ValueError("the name of a field is missing.")
    return Placeholder(path, tuple(map(_step, steps)))


def _step(source: str) -> Step:
    name, colon, parameters = (part.strip() for part in source.partition(":"))
    if name == "template":
        raise ValueError("template cannot stand inside a placeholder.")
    if not colon or name not in CATALOGUE:
        return parse_via(name)[0]
    values = [_unquoted(value) for value in _COMMA.split(parameters)]
    return step_of(name, by_position(name, values))


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
