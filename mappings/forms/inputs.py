"""Inputs in the admin's look, and problems put beside the input they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..editing.choices import Choice

Choices = Iterable[tuple[Any, Any]]


def _attrs(**attrs: Any) -> dict[str, Any]:
    return {"class": "cw-input", "dir": "auto", **attrs}


def text(label: Any = "", help: Any = "", required: bool = False, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(_attrs(autocomplete="off", **attrs))
    return forms.CharField(label=label, help_text=help, required=required, widget=widget, max_length=4000)


class ChosenField(forms.CharField):
    """A text that is chosen by name or typed by hand; `said` is what it stands for."""

    said = ""
    is_chosen = True  # the page has a place beneath it for what it stands for

    def offer(self, choice: Choice | None, text: str) -> None:
        if choice:
            self.widget.attrs["list"], self.said = choice.id, choice.said(text)


def chosen(kind: str, label: Any = "", help: Any = "", **attrs: Any) -> ChosenField:
    """`kind` is the look-up's kind at the action's connection; "" for the one that the row's field names."""
    widget = forms.TextInput(_attrs(autocomplete="off", **{"data-choice": kind}, **attrs))
    return ChosenField(label=label, help_text=help, required=False, widget=widget, max_length=4000)


def lines(label: Any = "", help: Any = "", rows: int = 2, **attrs: Any) -> forms.CharField:
    widget = forms.Textarea(_attrs(rows=rows, spellcheck="false", **attrs))
    return forms.CharField(label=label, help_text=help, required=False, widget=widget, max_length=20_000)


def choice(
    choices: Choices, label: Any = "", help: Any = "", required: bool = False, initial: Any = None, **attrs: Any
) -> forms.ChoiceField:
    widget = forms.Select({"class": "cw-input", **attrs})
    return forms.ChoiceField(
        choices=choices, label=label, help_text=help, required=required, initial=initial, widget=widget
    )


def several(choices: Choices, label: Any = "", help: Any = "", initial: Any = None) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=choices,
        label=label,
        help_text=help,
        required=False,
        initial=initial,
        widget=forms.CheckboxSelectMultiple({"class": "cw-check"}),
    )


def names(known: Iterable[str], current: str = "") -> list[tuple[str, Any]]:
    """Choices by name. A name that is not known any more stays in the list: nothing is lost by opening a form."""
    listed = list(known)
    gone = [(current, current)] if current and current not in listed else []
    return [("", _("Choose…")), *((name, name) for name in listed), *gone]


def put_error(form: forms.BaseForm, name: str, message: str) -> None:
    """Beside the input of this name, or on the form when it has none. Also on a form that said it was valid."""
    form.add_error(name if name in form.fields else None, message)


def put_choice(form: forms.BaseForm, name: str, choice: Choice | None, several: bool = False) -> None:
    """Put the id in the place of a name that was typed. Several of that name are a problem."""
    try:
        if choice:
            form.cleaned_data[name] = choice.chosen(form.cleaned_data.get(name, ""), several)
    except ValueError as error:
        form.add_error(name, str(error))


def field_values(form: forms.BaseForm) -> Mapping[str, Any]:
    """What was typed, with "" for what was not."""
    return {name: form.cleaned_data.get(name, "") for name in form.fields}
