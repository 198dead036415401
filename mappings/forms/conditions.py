"""The form of a rule's conditions: rows in a top group and up to three inner ones, or JSON for anything deeper."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.forms import BaseFormSet, BoundField, formset_factory
from django.utils.translation import gettext_lazy as _

from ..editing.choices import Choice
from ..editing.condition_rows import GROUPS, Rows, condition_of, rows_of
from ..editing.typing import SEVERAL, typed
from ..operators import OPERATORS
from . import inputs
from .mapping import OPERATOR_CHOICES

TOP_MODES = [
    ("all", _("all of these hold")),
    ("any", _("at least one of these holds")),
    ("not", _("none of these holds")),
]
WHOLE = ("value", *SEVERAL)  # operators of these kinds compare the whole value
ChoiceOf = Callable[[str], Choice | None]  # what a field of the rule's records names an entry of
INNER_MODES = [("any", _("at least one holds")), ("all", _("all hold")), ("not", _("none holds"))]


class ConditionRow(forms.Form):
    """One field compared with one value."""

    field = inputs.text(_("Field"), list="paths")
    op = inputs.choice(OPERATOR_CHOICES, _("Operator"))
    value = inputs.chosen("", _("Value"), placeholder=_("several with commas"))
    group = inputs.choice([("", "—"), *((letter, letter) for letter in GROUPS)], _("Group"))

    def __init__(self, *args: Any, choice_of: ChoiceOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice = choice_of(str(self["field"].value() or ""))
        value: Any = self.fields["value"]
        value.offer(self._choice, str(self["value"].value() or ""))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        self._put_ids(values)
        if values.get("field") and not values.get("op"):
            self.add_error("op", _("Choose how the field is compared."))
        if values.get("op") and not values.get("field"):
            self.add_error("field", _("Which field is compared?"))
        return values

    def _put_ids(self, values: dict[str, Any]) -> None:
        """In the place of names, where whole values are compared."""
        kind = OPERATORS[values["op"]].kind if values.get("op") in OPERATORS else ""
        if kind in WHOLE:
            inputs.put_choice(self, "value", self._choice, kind in SEVERAL)


ConditionRows: type[BaseFormSet[ConditionRow]] = formset_factory(
    ConditionRow, extra=1, can_delete=True, max_num=100, absolute_max=150
)


class ConditionHead(forms.Form):
    """How the groups count, and the conditions as JSON."""

    mode = inputs.choice(TOP_MODES, _("The rule runs when"), initial="all")
    mode_A = inputs.choice(INNER_MODES, _("Group A"))
    mode_B = inputs.choice(INNER_MODES, _("Group B"))
    mode_C = inputs.choice(INNER_MODES, _("Group C"))
    as_json = forms.BooleanField(label=_("Use the JSON below instead of the rows"), required=False)
    json = inputs.lines(_("Conditions as JSON"), _("Groups in groups: all, any, not."), rows=6, dir="ltr")


class ConditionForm:
    """Both ways to write a condition; the box says which one counts."""

    def __init__(self, condition: Any, choice_of: ChoiceOf, data: Any = None, extra: int = 1) -> None:
        rows = rows_of(condition)
        shown = rows or Rows()
        head = {"mode": shown.mode, "as_json": rows is None, "json": _pretty(condition)}
        head |= {f"mode_{letter}": mode for letter, mode in shown.modes.items()}
        self.head = ConditionHead(data, initial=head, prefix="condition")
        kwargs = {"choice_of": choice_of}
        self.rows = ConditionRows(data, initial=shown.rows, prefix="conditions", form_kwargs=kwargs)
        self.rows.extra = extra

    def is_valid(self) -> bool:
        """Rows that do not count need not be right."""
        if not self.head.is_valid():
            return False
        return bool(self.head.cleaned_data["as_json"]) or bool(self.rows.is_valid())

    def condition(self) -> Any:
        head = self.head.cleaned_data
        if head["as_json"]:
            return typed(head["json"]) if head["json"].strip() else {}
        rows = [dict(inputs.field_values(form)) for form in self.rows.forms if _counts(form)]
        modes = {letter: head[f"mode_{letter}"] or "any" for letter in GROUPS}
        return condition_of(Rows(head["mode"] or "all", rows, modes))

    @property
    def uses_groups(self) -> bool:
        return any(row["group"].value() for row in self.rows.forms)

    @property
    def groups(self) -> list[BoundField]:
        """How each inner group counts."""
        return [self.head[f"mode_{letter}"] for letter in GROUPS]

    def add_error(self, message: str) -> None:
        self.head.add_error("json" if self.head.cleaned_data.get("as_json") else "mode", message)


def _counts(form: ConditionRow) -> bool:
    return bool(form.cleaned_data.get("field")) and not form.cleaned_data.get("DELETE")


def _pretty(condition: Any) -> str:
    return json.dumps(condition, ensure_ascii=False, indent=2) if condition else ""
