"""The forms of a rule's actions: each action has its own inputs, made from the one table of actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from ..editing.choices import Choice, Choices
from ..editing.typing import typed, typed_list, written
from ..spec import ACTIONS, ActionForm, ActionKey
from . import inputs

LABELS = {
    "mapping": _("Mapping"),
    "connection": _("Connection"),
    "connections": _("Connections"),
    "channels": _("Channels"),
    "reason": _("Reason"),
    "tags": _("Tags"),
    "from": _("From"),
    "campaign": _("Campaign"),
    "status": _("Status"),
    "title": _("Title"),
    "body": _("Text"),
    "due": _("Due"),
    "assignee": _("Assignee"),
    "priority": _("Priority"),
    "most_per_day": _("At most a day"),
    "object": _("Object"),
    "field": _("Field"),
    "by": _("By"),
    "fields": _("Fields"),
    "operation": _("Operation"),
    "params": _("Parameters"),
    "to": _("To"),
    "subject": _("Subject"),
    "quiet": _("Then quiet for"),
    "digest": _("Gathered"),
}


@dataclass(frozen=True)
class Known:
    """The names a rule may use."""

    connections: list[str]
    mappings: list[str]
    choices: Choices


def _lines_of(fields: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {written(value)}" for name, value in fields.items())


def _fields_of(text: str) -> dict[str, Any]:
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip(): typed(value) for name, _colon, value in pairs}


def _input(key: ActionKey, known: Known) -> forms.Field:
    label = LABELS.get(key.name, key.name.replace("_", " ").capitalize())
    label = f"{label} *" if key.required else label
    if key.type in ("mapping", "connection"):
        listed = known.mappings if key.type == "mapping" else known.connections
        return inputs.choice(inputs.names(listed), label, key.help)
    if key.type in ("connections", "choices"):
        listed = known.connections if key.type == "connections" else list(key.choices)
        return inputs.several([(name, name) for name in listed], label, key.help, initial=key.default)
    if key.type == "choice":
        return inputs.choice(
            [("", _("No")), *((word, _WORDS.get(word, word)) for word in key.choices)], label, key.help
        )
    if key.type in ("texts", "values", "table") or key.name == "body":
        return inputs.lines(label, f"{key.help} {_HINTS.get(key.type, '')}".strip())
    if key.chosen_from:
        return inputs.chosen(key.chosen_from, label, key.help)
    field = inputs.text(label, key.help)
    field.widget.attrs |= {"list": "paths"} if key.type == "path" else {}
    return field


_WORDS = {"hourly": _("every hour"), "daily": _("every day")}
_HINTS = {"texts": _("Several with commas."), "values": _("One per line: Status: Working"), "table": _("As JSON.")}
_SHOW: dict[str, Callable[[Any], Any]] = {
    "connections": list,
    "choices": list,
    "texts": lambda value: ", ".join(value) if isinstance(value, list) else value,
    "values": _lines_of,
    "table": lambda value: json.dumps(value, ensure_ascii=False),
    "number": written,
}
_READ: dict[str, Callable[[Any], Any]] = {
    "connections": list,
    "choices": list,
    "texts": typed_list,
    "values": _fields_of,
    "table": typed,
    "number": typed,
}


class ActionRow(forms.Form):
    """One action. Its inputs are named `<action>-<key>`; only those of the chosen action count."""

    name = inputs.choice([], _("Action"))

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices = known.choices
        chosen = str(self["name"].value() or "")
        self.offered = [form for form in ACTIONS.values() if form.ready or form.name == chosen]
        field: Any = self.fields["name"]
        field.choices = [("", _("Choose…")), *((form.name, form.label) for form in self.offered)]
        for form in self.offered:
            for key in form.keys:
                self.fields[f"{form.name}-{key.name}"] = _input(key, known)
        for name, choice in self._chosen_inputs(chosen):
            field = self.fields[name]
            field.offer(choice, str(self[name].value() or ""))

    def _chosen_inputs(self, action: str) -> Iterator[tuple[str, Choice | None]]:
        """The inputs of this action that something is chosen in, each with what from at the action's connection."""
        form = ACTIONS.get(action)
        connection = str(self[f"{action}-connection"].value() or "") if form and form.key("connection") else ""
        for key in form.keys if form else ():
            if isinstance(self.fields[f"{action}-{key.name}"], inputs.ChosenField):
                yield f"{action}-{key.name}", self._choices.for_action(connection, key.chosen_from)

    def clean(self) -> dict[str, Any]:
        for name, choice in self._chosen_inputs(self.cleaned_data.get("name", "")):
            inputs.put_choice(self, name, choice)
        values: dict[str, Any] = self.cleaned_data
        return values

    @property
    def parts(self) -> list[dict[str, Any]]:
        """One part per action, with its inputs; `shown` is the chosen one."""
        chosen = str(self["name"].value() or "")
        return [
            {
                "form": form,
                "shown": form.name == chosen,
                "inputs": [self[f"{form.name}-{key.name}"] for key in form.keys],
            }
            for form in self.offered
        ]

    def action(self) -> dict[str, Any]:
        """The action as design §5.5 writes it."""
        form = ACTIONS[self.cleaned_data["name"]]
        return {
            form.name: {key.name: value for key in form.keys if (value := self._value(form, key)) not in ("", [], {})}
        }

    def _value(self, form: ActionForm, key: ActionKey) -> Any:
        given = self.cleaned_data.get(f"{form.name}-{key.name}", "")
        return _READ[key.type](given) if given and key.type in _READ else given


ActionRows: type[BaseFormSet[ActionRow]] = formset_factory(
    ActionRow, extra=1, can_order=True, can_delete=True, max_num=50, absolute_max=60
)


def action_inputs(action: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs show of an action as it is stored."""
    name, params = next(iter(action.items()))
    form = ACTIONS.get(name)
    shown = {key.name: key for key in form.keys} if form else {}
    values = {
        f"{name}-{key}": _SHOW.get(shown[key].type, _plain)(value) for key, value in params.items() if key in shown
    }
    return {"name": name, **values}


def _plain(value: Any) -> Any:
    return value
