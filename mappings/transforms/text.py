"""Transforms of text: its edges, its letters, its length, its parts, and what stands in for it."""

from __future__ import annotations

import re
from typing import Any

from ..values import cut, is_blank
from .base import Context, Example, Noted, Parameter, Transform
from .markup import text_of_html

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_APOSTROPHE = re.compile("['’]")
_CONTRACTIONS = frozenset({"s", "t", "m", "d", "re", "ve", "ll"})


def title(text: str) -> str:
    """Words that already mix their case (McDonald, iPhone) stay as they are."""
    return _WORD.sub(lambda match: _titled(match.group()), text)


def _titled(word: str) -> str:
    if not (word.islower() or word.isupper()):
        return word
    head, *tail = _APOSTROPHE.split(word.lower())
    mark = next(iter(_APOSTROPHE.findall(word)), "")
    return mark.join([head.capitalize(), *(_after_apostrophe(head, part) for part in tail)])


def _after_apostrophe(head: str, part: str) -> str:
    """O'Brien and D'Angelo, but don't and Jane's."""
    return part.capitalize() if len(head) == 1 and part not in _CONTRACTIONS else part


def truncate(text: str, length: int, ending: str) -> str | Noted:
    if len(text) <= length:
        return text
    ending = ending if len(ending) < length else ""
    shorter = cut(text, length - len(ending)) + ending
    return Noted(shorter, f"Cut from {len(text)} to {len(shorter)} characters.")


def default_if_blank(value: Any, default: Any) -> Any:
    return default if is_blank(value) else value


def template(value: Any, text: str, *, context: Context) -> Any:
    """Blank when every placeholder in it is. `{value}` is the value so far."""
    from ..texts import render_filled  # placeholders apply transforms, so that module builds on this package

    def at(path: str) -> tuple[bool, Any]:
        return (True, value) if path == "value" else context.at(path)

    filled, result = render_filled(text, Context(context.record, at, context.region, context.timezone))
    rendered = result.value if filled else ""
    return Noted(rendered, " ".join(result.notes)) if result.notes else rendered


TRANSFORMS = (
    Transform(
        "trim",
        "Trim",
        "Takes white space away at both ends.",
        "each",
        lambda text: text.strip(),
        (Example("trim", "  Jane ", "Jane"), Example("trim", [" a", "b "], ["a", "b"])),
    ),
    Transform(
        "lower",
        "Lower case",
        "Makes every letter small.",
        "each",
        lambda text: text.lower(),
        (Example("lower", "Jane@Example.COM", "jane@example.com"), Example("lower", 12, 12)),
    ),
    Transform(
        "upper",
        "Upper case",
        "Makes every letter big.",
        "each",
        lambda text: text.upper(),
        (Example("upper", "il", "IL"), Example("upper", None, None)),
    ),
    Transform(
        "title",
        "Title case",
        "Gives every word a big first letter; words that mix their case already stay.",
        "each",
        title,
        (
            Example("title", "conan o'brien", "Conan O'Brien"),
            Example("title", "don't PANIC, McDonald", "Don't Panic, McDonald"),
        ),
    ),
    Transform(
        "truncate",
        "Cut to length",
        "Cuts what is longer, never inside an accented letter or an emoji.",
        "each",
        truncate,
        (Example({"truncate": 5}, "Jane Doe", "Jane"), Example({"truncate": 6, "ending": "…"}, "Engineer", "Engin…")),
        (
            Parameter("length", "whole number", "The most characters that are kept.", required=True),
            Parameter("ending", "text", "What a cut text ends with; it counts.", default=""),
        ),
    ),
    Transform(
        "replace",
        "Replace",
        "Puts one text in place of another, wherever it stands.",
        "each",
        lambda text, find, with_: text.replace(find, with_),
        (
            Example({"replace": ["-", ""]}, "050-123", "050123"),
            Example({"replace": {"find": "_", "with": " "}}, "hot_lead", "hot lead"),
        ),
        (
            Parameter("find", "text", "The text that is looked for, exactly as written.", required=True, nonblank=True),
            Parameter("with", "text", "What takes its place.", default=""),
        ),
    ),
    Transform(
        "default_if_blank",
        "Default when blank",
        "Gives another value when there is none.",
        "any",
        default_if_blank,
        (Example({"default_if_blank": "there"}, " ", "there"), Example({"default_if_blank": "there"}, "Jane", "Jane")),
        (Parameter("default", "value", "What is given instead.", required=True),),
    ),
    Transform(
        "template",
        "Text with fields",
        "Writes a text with fields of the record in it; {value} is the value so far. Blank when all of them are.",
        "any",
        template,
        (
            Example(
                {"template": "{name} <{email}>"},
                None,
                "Jane <jane@example.com>",
                {"name": "Jane", "email": "jane@example.com"},
            ),
            Example({"template": "#{value}"}, 7, "#7"),
            Example({"template": "Hello {name}"}, None, "", {"name": ""}),
        ),
        (Parameter("text", "text with fields", "The text, with {field} or {field|transform} in it.", required=True),),
        contextual=True,
    ),
    Transform(
        "strip_html",
        "HTML to text",
        "Takes tags, scripts and styles away and keeps what a reader would see.",
        "each",
        text_of_html,
        (
            Example("strip_html", "<p>Hi <b>Jane</b></p><p>Bye</p>", "Hi Jane\nBye"),
            Example("strip_html", "2 &lt; 3", "2 < 3"),
        ),
    ),
)
