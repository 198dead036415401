"""The form of a mapping: where from, where to, how records are matched, and one row per field."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from integrations.models import NAME

from ..editing.field_rows import INPUT_OF, inputs_of, row_of
from ..operators import OPERATORS
from ..spec import MappingSpec, Problem, SpecError, parse_mapping
from ..spec.problems import written
from . import inputs

READS = [
    ("auto", _("When a mapped field is not in the event")),
    ("always", _("Always")),
    ("never", _("Never: the event is enough")),
]
MATCHES = [("email", _("E-mail address")), ("phone", _("Phone number"))]
CONFLICTS = [
    ("source", _("The source wins")),
    ("target", _("The target keeps what was entered there")),
    ("newest", _("The newest wins")),
    ("ask", _("Ask a person")),
]
CONVERTED = [
    ("contact", _("Write to the contact it became")),
    ("skip", _("Leave it alone and say so")),
    ("fail", _("Fail, for a person to settle")),
]
PREFER = [("lead", _("Make a lead beside it")), ("contact", _("Update the contact, and make no lead"))]
WRITES = [("always", _("Always")), ("create", _("On create only")), ("if_empty", _("Only into an empty field"))]
BLANKS = [("ignore", _("Leave the target as it is")), ("clear", _("Clear the target"))]
OPERATOR_CHOICES = [("", "—"), *((name, operator.words) for name, operator in OPERATORS.items())]


class MappingHead(forms.Form):
    """Everything of a mapping but its fields."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("A short name, used in rules: subscriber-to-lead."),
        max_length=80,
        validators=[NAME],
        widget=forms.TextInput({"class": "cw-input", "dir": "ltr"}),
    )
    source_connection = inputs.choice([], _("From"), required=True)
    source_object = inputs.text(_("Object at the source"), required=True, list="objects-of-source")
    read = inputs.choice(READS, _("Read the full record"), initial="auto")
    target_connection = inputs.choice([], _("To"), required=True)
    target_object = inputs.text(_("Object at the target"), required=True, list="objects-of-target")
    key_field = inputs.text(
        _("Key at the target"), _("A unique field that holds the source's id. Empty: without a key."), list="keys"
    )
    key_from = inputs.text(_("Key is filled from"), _("The source's field with its id: contactId."), list="paths")
    match = inputs.several(MATCHES, _("How a record that is not linked yet finds its person"), initial=["email"])
    conflict = inputs.choice(CONFLICTS, _("When both sides changed"), initial="source")
    converted = inputs.choice(CONVERTED, _("When the lead was converted"), initial="contact")
    prefer = inputs.choice(PREFER, _("When a contact with the e-mail is there already"), initial="lead")
    summary = inputs.text(_("What changed and why"), _("Shown in the list of versions."), maxlength="300")

    def __init__(self, *args: Any, connections: list[str], fixed_name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side in ("source_connection", "target_connection"):
            field: Any = self.fields[side]
            field.choices = inputs.names(connections, str(self.initial.get(side, "")))
        if fixed_name:
            del self.fields["name"]


class FieldForm(forms.Form):
    """One row: a field of the target and where its value comes from."""

    to = inputs.text(_("Target field"), list="targets")
    sources = inputs.text(_("From"), list="paths")
    value = inputs.text(_("Fixed value"))
    via = inputs.lines(_("Via"), rows=1, dir="ltr")
    write = inputs.choice(WRITES, _("Write"), initial="always")
    blank = inputs.choice(BLANKS, _("When the source is blank"), initial="ignore")
    fallback = inputs.text(_("Fallback"), _("Written on create only when the source is blank, and marked."))
    conflict = inputs.choice([("", _("As the mapping says")), *CONFLICTS], _("When both sides changed"))
    if_field = inputs.text(_("Only if"), list="paths")
    if_op = inputs.choice(OPERATOR_CHOICES, _("Operator"))
    if_value = inputs.text(_("Value"))
    if_json = inputs.lines(_("Only if, as JSON"), _("For groups of conditions; wins over the line above."), dir="ltr")

    @property
    def more(self) -> list[str]:
        """What is set besides where the value comes from, in words: the row shows it while it is closed."""
        shown = {name: str(self[name].value() or "") for name in self.fields}
        words = [str(dict(WRITES)[shown["write"]])] if shown["write"] in ("create", "if_empty") else []
        words += [str(dict(BLANKS)["clear"])] if shown["blank"] == "clear" else []
        words += [_now("fallback %s") % shown["fallback"]] if shown["fallback"] else []
        words += [str(dict(CONFLICTS).get(shown["conflict"], ""))] if shown["conflict"] else []
        return words + self._condition_words(shown)

    def _condition_words(self, shown: Table[str, str]) -> list[str]:
        if shown["if_json"]:
            return [_now("only if its conditions hold")]
        if not shown["if_field"]:
            return []
        op = OPERATORS[shown["if_op"]].words if shown["if_op"] in OPERATORS else shown["if_op"]
        return [" ".join([_now("only if"), shown["if_field"], op, shown["if_value"]]).strip()]

    @property
    def is_open(self) -> bool:
        """Something in the closed part is wrong."""
        names = ("write", "blank", "fallback", "conflict", "if_field", "if_op", "if_value", "if_json")
        return any(name in self.errors for name in names)


FieldFormSet: type[BaseFormSet[FieldForm]] = formset_factory(
    FieldForm, extra=2, can_order=True, can_delete=True, max_num=500, absolute_max=600
)


class MappingForm:
    """Head and rows together, as one form."""

    def __init__(
        self, name: str, connections: list[str], data: Any = None, spec: Table[str, Any] | None = None, extra: int = 2
    ) -> None:
        self.fixed_name = name
        rows = [inputs_of(row) for row in (spec or {}).get("fields", [])]
        self.head = MappingHead(
            data, initial=head_inputs(spec or {}), connections=connections, fixed_name=name, prefix="mapping"
        )
        self.rows = FieldFormSet(data, initial=rows, prefix="fields")
        self.rows.extra = extra
        self.lost: list[str] = []  # problems that no input stands for
        self._used: list[FieldForm] = []  # the rows that say something, in their order

    @property
    def name(self) -> str:
        return self.fixed_name or str(self.head.cleaned_data["name"])

    def spec(self) -> MappingSpec | None:
        """The mapping that was typed; None when it cannot be read, with every problem beside its input."""
        if not (self.head.is_valid() & self.rows.is_valid()):
            return None
        self._used = [form for form in self.rows.ordered_forms if _says_something(form)]
        try:
            return parse_mapping(self.name, self._data())
        except SpecError as error:
            self.show(error.problems)
            return None

    @property
    def wrong(self) -> bool:
        """Whether anything that was sent is refused."""
        sent = self.head.is_bound
        return sent and (bool(self.lost) or any(form.errors for form in (self.head, *self.rows.forms)))

    def show(self, problems: list[Problem]) -> None:
        """Put each problem beside the input it is about."""
        for problem in problems:
            self._show(problem)

    def _show(self, problem: Problem) -> None:
        first, *rest = problem.path or ("",)
        if first == "fields" and rest and isinstance(rest[0], int) and rest[0] < len(self._used):
            key = str(rest[1]) if len(rest) > 1 else "to"
            inputs.put_error(self._used[rest[0]], INPUT_OF.get(key, key), problem.message)
            return
        name = "_".join(str(step) for step in problem.path if isinstance(step, str))
        if name in self.head.fields:
            self.head.add_error(name, problem.message)
        else:
            self.lost.append(f"{written(problem.path)}: {problem.message}" if problem.path else problem.message)

    def _data(self) -> dict[str, Any]:
        head = self.head.cleaned_data
        source = {
            "connection": head["source_connection"],
            "object": head["source_object"],
            "read": head["read"] or "auto",
        }
        data: dict[str, Any] = {
            "source": source,
            "target": {"connection": head["target_connection"], "object": head["target_object"]},
        }
        if head["key_field"] or head["key_from"]:
            data["key"] = {"field": head["key_field"], "from": head["key_from"]}
        data |= {"match": head["match"], "fields": [row_of(dict(inputs.field_values(form))) for form in self._used]}
        defaults = {"conflict": "source", "converted": "contact", "prefer": "lead"}
        return data | {key: head[key] for key, default in defaults.items() if head[key] not in ("", default)}


def _says_something(form: FieldForm) -> bool:
    return any(
        form.cleaned_data.get(name) for name in ("to", "sources", "value", "via", "fallback", "if_field", "if_json")
    )


def head_inputs(spec: Table[str, Any]) -> dict[str, Any]:
    """What the head shows of a mapping as it is stored."""
    source, target, key = spec.get("source", {}), spec.get("target", {}), spec.get("key") or {}
    shown = {
        "source_connection": source.get("connection", ""),
        "source_object": source.get("object", ""),
        "read": source.get("read", "auto"),
        "target_connection": target.get("connection", ""),
        "target_object": target.get("object", ""),
        "key_field": key.get("field", ""),
        "key_from": key.get("from", ""),
    }
    rest = {"match": ["email"], "conflict": "source", "converted": "contact", "prefer": "lead"}
    return shown | {name: spec.get(name, default) for name, default in rest.items()}
