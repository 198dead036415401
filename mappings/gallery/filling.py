"""Fills a template in: every <name> becomes its answer, and what has no answer is left out.

A text that needs an answer nobody gave takes the table it stands in with it: a condition, an action, a field's row.
`<name?>` takes only its own key. What is emptied so is left out too, and so is a rule that does nothing any more.
A table with `unless: <name>` is there only without that answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from typing import Any

from .reading import Template

NAME = "name"  # stands in the names of what is set up
UNLESS = "unless"
_TOKEN = re.compile(r"<([a-z_]+)(\?)?>")
Answers = Mapping[str, Any]


class _LeftOut:
    """In the place of what has no answer. `alone`: only its own key goes."""

    def __init__(self, alone: bool) -> None:
        self.alone = alone


def fill(template: Template, name: str, answers: Answers) -> dict[str, Any]:
    """The configuration of one use of a template. `answers` are of its roles and questions; None or "" is none."""
    known = {question.name: question.otherwise for question in template.questions} | {NAME: name}
    known |= {key: answer for key, answer in answers.items() if answer not in (None, "", [])}
    filled = _filled(template.document, known)
    rules = {key: rule for key, rule in filled.get("rules", {}).items() if rule.get("do")}
    return {"version": 1, **{key: part for key, part in filled.items() if key != "rules"}, "rules": rules}


def _filled(part: Any, known: Answers) -> Any:
    if isinstance(part, Mapping):
        return _table(part, known)
    if isinstance(part, list):
        kept = [item for item in (_filled(each, known) for each in part) if not isinstance(item, _LeftOut)]
        return kept if kept or not part else _LeftOut(alone=True)
    return _text(part, known) if isinstance(part, str) else part


def _table(part: Mapping[str, Any], known: Answers) -> Any:
    if UNLESS in part and not isinstance(_filled(part[UNLESS], known), _LeftOut):
        return _LeftOut(alone=True)
    items = {_text(key, known): _filled(value, known) for key, value in part.items() if key != UNLESS}
    if any(isinstance(value, _LeftOut) and not value.alone for value in items.values()):
        return _LeftOut(alone=True)
    kept = {key: value for key, value in items.items() if not isinstance(value, _LeftOut)}
    return kept if kept or not part else _LeftOut(alone=True)


def _text(text: str, known: Answers) -> Any:
    """A text that is one token becomes the answer itself, a list or number too."""
    tokens = list(_TOKEN.finditer(text))
    for token in tokens:
        if known.get(token[1], "") in (None, "", []):
            return _LeftOut(alone=bool(token[2]))
    if len(tokens) == 1 and tokens[0].span() == (0, len(text)):
        return copy(known[tokens[0][1]])
    return _TOKEN.sub(lambda token: str(known[token[1]]), text)
