"""Actions and events as parts of the documentation: `python -m mappings.spec.page docs/configuration.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from .actions import ACTIONS, ActionForm, ActionKey
from .events import EVENTS

_KINDS = {
    "mapping": "a mapping's name",
    "connection": "a connection's name",
    "connections": "a list of connections",
    "text": "text",
    "texts": "a list of texts",
    "name": "a name",
    "path": "a field of the source",
    "due": "a time",
    "number": "a number",
    "values": "a table",
    "table": "a table",
    "span": "a length of time",
}


def actions_markdown() -> str:
    head = ["| action | key | takes | what it says |", "|---|---|---|---|"]
    return "\n".join([*head, *(row for form in ACTIONS.values() for row in _rows(form))])


def events_markdown() -> str:
    objects = dict.fromkeys(event.partition(".")[0] for event in EVENTS)
    return "\n".join(f"- {_listed(object)}" for object in objects)


def _listed(object: str) -> str:
    return " ".join(f"`{event}`" for event in EVENTS if event.startswith(f"{object}."))


def _rows(form: ActionForm) -> list[str]:
    said = form.help if form.ready else f"{form.help} *Not available yet.*"
    return [f"| **`{form.name}`** | | | {said} |", *(_row(form, key) for key in form.keys)]


def _row(form: ActionForm, key: ActionKey) -> str:
    needed = ", required" if key.required else ", one of the two required" if key.name in form.either else ""
    kind = " or ".join(f"`{choice}`" for choice in key.choices) or _KINDS[key.type]
    chosen = ", ".join(key.default) if isinstance(key.default, list) else key.default
    default = f" Default: `{chosen}`." if chosen else ""
    return f"| | `{key.name}` | {kind}{needed} | {key.help}{default} |"


_PARTS = {"actions": actions_markdown, "events": events_markdown}


def with_current_parts(page: str) -> str:
    """The page with what stands between its `<!-- name -->` and `<!-- /name -->` written anew."""
    for name, part in _PARTS.items():
        before, opening, rest = page.partition(f"<!-- {name} -->")
        _old, closing, after = rest.partition(f"<!-- /{name} -->")
        page = f"{before}{opening}\n{part()}\n{closing}{after}"
    return page


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_current_parts(file.read_text("utf-8")), "utf-8")
