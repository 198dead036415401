"""The form of a rule: when, if, do, and how careful to be."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import NAME

from ..editing.sentences import EVENT_WORDS
from ..models import OptInPolicy, Rule
from ..spec import EVENTS, Problem, RuleSpec, SpecError, parse_rule
from . import inputs
from .actions import ActionRow, ActionRows, Known, action_inputs
from .conditions import ConditionForm

APPROVALS = [
    ("never", _("No: changes go out at once")),
    ("always", _("Yes, each one")),
    ("over", _("Yes, above a number of changes at once")),
]


def event_choices() -> list[tuple[Any, Any]]:
    """Events by their object, each in words."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for event in EVENTS:
        groups.setdefault(event.split(".")[0], []).append((event, f"{event}: {EVENT_WORDS.get(event, event)}"))
    return [("", _("Choose…")), *groups.items()]


class RuleHead(forms.Form):
    """Everything of a rule but its conditions and actions."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("A short name: new-subscriber."),
        max_length=80,
        validators=[NAME],
        widget=forms.TextInput({"class": "cw-input", "dir": "ltr"}),
    )
    enabled = forms.BooleanField(label=_("On"), required=False, initial=True)
    connection = inputs.choice([], _("In"), required=True)
    event = inputs.choice(event_choices(), _("When"), required=True)
    approve = inputs.choice(APPROVALS, _("Does a person approve first?"), initial="never")
    over = forms.IntegerField(
        label=_("Above"), required=False, min_value=0, widget=forms.NumberInput({"class": "cw-input"})
    )
    opt_in = inputs.choice(OptInPolicy.choices, _("When it follows an opt-out"), initial=OptInPolicy.ASK)

    def __init__(self, *args: Any, connections: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["connection"]
        field.choices = inputs.names(connections, str(self.initial.get("connection", "")))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Rule.objects.filter(name=name).exclude(name=self.initial.get("name", "")).exists():
            raise forms.ValidationError(_("There is a rule of this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        if values.get("approve") == "over" and values.get("over") is None:
            self.add_error("over", _("Above how many changes?"))
        return values

    def approval(self) -> Any:
        chosen = self.cleaned_data["approve"] or "never"
        return {"over": self.cleaned_data["over"]} if chosen == "over" else chosen


class RuleForm:
    """Head, conditions and actions together, as one form."""

    def __init__(self, rule: Rule | None, known: Known, data: Any = None, extra: int = 1) -> None:
        self.rule = rule
        actions = [action_inputs(action) for action in rule.actions] if rule else []
        self.head = RuleHead(data, initial=_head_inputs(rule), connections=known.connections, prefix="rule")
        choice_of = partial(known.choices.for_field, str(self.head["connection"].value() or ""))
        self.conditions = ConditionForm(rule.condition if rule else {}, choice_of, data, extra)
        self.actions = ActionRows(data, initial=actions, prefix="actions", form_kwargs={"known": known})
        self.actions.extra = extra if actions else max(extra, 1)
        self.lost: list[str] = []  # problems that no input stands for
        self._used: list[ActionRow] = []  # the actions that were chosen, in their order

    def spec(self) -> RuleSpec | None:
        """The rule that was typed; None when it cannot be read, with every problem beside its input."""
        if not (self.head.is_valid() & self.conditions.is_valid() & self.actions.is_valid()):
            return None
        self._used = [form for form in self.actions.ordered_forms if form.cleaned_data.get("name")]
        try:
            return parse_rule(self.head.cleaned_data["name"], self._data())
        except SpecError as error:
            self.show(error.problems)
            return None

    @property
    def wrong(self) -> bool:
        """Whether anything that was sent is refused."""
        sent = self.head.is_bound
        return sent and (
            bool(self.lost)
            or any(
                form.errors
                for form in (self.head, self.conditions.head, *self.conditions.rows.forms, *self.actions.forms)
            )
        )

    def show(self, problems: list[Problem]) -> None:
        """Put each problem beside the input it is about."""
        for problem in problems:
            self._show(problem)

    def _show(self, problem: Problem) -> None:
        first, *rest = problem.path or ("",)
        if first == "do" and rest and isinstance(rest[0], int):
            name = "-".join(str(step) for step in rest[1:3]) or "name"
            inputs.put_error(self._used[rest[0]], name, problem.message)
        elif first == "if":
            self.conditions.add_error(problem.message)
        elif (name := str(rest[0]) if first == "when" and rest else str(first)) in self.head.fields:
            self.head.add_error(name, problem.message)
        else:
            self.lost.append(str(problem))

    def _data(self) -> dict[str, Any]:
        head, condition = self.head.cleaned_data, self.conditions.condition()
        data: dict[str, Any] = {"when": {"connection": head["connection"], "event": head["event"]}}
        data |= {"if": condition} if condition else {}
        data |= {"approve": self.head.approval(), "opt_in": head["opt_in"] or "ask", "enabled": head["enabled"]}
        return data | {"do": [form.action() for form in self._used]}


def _head_inputs(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"enabled": True, "approve": "never", "opt_in": OptInPolicy.ASK}
    over = rule.approve.get("over") if isinstance(rule.approve, dict) else None
    return {
        "name": rule.name,
        "enabled": rule.enabled,
        "connection": rule.connection.name,
        "event": rule.event,
        "approve": "over" if over is not None else rule.approve or "never",
        "over": over,
        "opt_in": rule.opt_in,
    }
