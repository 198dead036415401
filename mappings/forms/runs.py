"""The form of a new resync: one person, one rule, or everything of one connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import inputs

BY = [("email", _("One person")), ("rule", _("A rule")), ("connection", _("Everything of a connection"))]


class RunForm(forms.Form):
    """What is read and compared again."""

    by = forms.ChoiceField(
        label=_("What"), choices=BY, initial="email", widget=forms.RadioSelect({"class": "cw-check"})
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        widget=forms.EmailInput(
            {"class": "cw-input", "dir": "ltr", "autocomplete": "off", "placeholder": "name@example.com"}
        ),
    )
    rule = inputs.choice([], _("Rule"))
    connection = inputs.choice([], _("Connection"))

    def __init__(self, *args: Any, rules: list[str], connections: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("rule", rules), ("connection", connections)):
            field: Any = self.fields[name]
            field.choices = inputs.names(known)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        by = values.get("by", "")
        if by and by not in self.errors and not values.get(by):
            self.add_error(by, _("Say which one."))
        return values

    def scope(self) -> dict[str, str]:
        by: str = self.cleaned_data["by"]
        return {by: self.cleaned_data[by]}
