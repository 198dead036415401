"""What a reader would see of an HTML text.

Looks at every character a fixed number of times: the standard library's parser takes minutes for 100 kB of unfinished
tags, which anybody can send.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})|<[!?]")
_HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
_BLOCKS = frozenset({"address", "article", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}) | {
    *("li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul")
}
_SILENT = frozenset({"script", "style", "head", "title"})


def text_of_html(markup: str) -> str:
    """No tags, comments, scripts or styles; one line for each paragraph."""
    lines = (" ".join(line.split()) for line in "".join(_seen(markup)).split("\n"))
    return "\n".join(filter(None, lines))


def _seen(markup: str) -> Iterator[str]:
    """The pieces of text, and a line break for every tag that starts or ends a block."""
    ends, position = _Ends(markup), 0
    while tag := _TAG.search(markup, position):
        yield _text(markup[position : tag.start()])
        end = ends.of(tag)
        if end < 0:
            yield "<"
            position = tag.start() + 1
            continue
        if (tag.group(2) or "").lower() in _BLOCKS:
            yield "\n"
        position = end
    yield _text(markup[position:])


def _text(piece: str) -> str:
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", piece)).replace("\n", " ")


class _Ends:
    """Where tags end. Whether there is an end at all is known before it is looked for, so no search is in vain."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.folded = markup.lower() if len(markup.lower()) == len(markup) else markup
        self.last = {mark: self.folded.rfind(mark) for mark in (">", '"', "-->", *(f"</{name}" for name in _SILENT))}

    def of(self, tag: re.Match[str]) -> int:
        """The position behind the tag and what it silences; -1 when it is not a tag after all."""
        if self.markup.startswith("<!--", tag.start()) and (end := self.behind("-->", tag.start())) > 0:
            return end
        end = self.behind(">", tag.start())
        if end > 0 and self.markup.count('"', tag.start(), end) % 2:  # the ">" stands in an attribute
            end = self.behind_quote(end)
        name = (tag.group(2) or "").lower()
        return self.behind_silence(name, end) if name in _SILENT and not tag.group(1) else end

    def behind_quote(self, start: int) -> int:
        """Behind the tag's end once the attribute is closed; `start` when neither is there."""
        quote = self.behind('"', start)
        end = self.behind(">", quote) if quote > 0 else -1
        return end if end > 0 else start

    def behind(self, mark: str, start: int) -> int:
        return self.folded.find(mark, start) + len(mark) if start <= self.last[mark] else -1

    def behind_silence(self, name: str, start: int) -> int:
        """Behind the closing tag; behind the opening one when it is never closed."""
        close = self.behind(f"</{name}", start) if start > 0 else -1
        end = self.behind(">", close) if close > 0 else -1
        return end if end > 0 else start
