"""The form of a template: which connections, and the user's own lists, tags and campaigns, chosen by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from integrations.models import NAME, Connection

from ..editing.choices import Choice, Choices
from ..editing.typing import typed_list
from ..gallery.reading import Question, Template
from . import inputs


class TemplateForm(forms.Form):
    """One input for each role and question, and the name that what is set up begins with."""

    def __init__(self, template: Template, choices: Choices, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.template, self.choices = template, choices
        for role in template.roles:
            names = list(Connection.objects.filter(vendor=role.vendor).values_list("name", flat=True))
            first = names[0] if len(names) == 1 else ""
            self.fields[role.name] = inputs.choice(
                [("", _("Choose…")), *((name, name) for name in names)], _(role.label), required=True, initial=first
            )
        for question in template.questions:
            self.fields[question.name] = _input(question)
        for question in template.questions:
            self._offer(question)
        self.fields["name"] = inputs.text(_("Name"), _("What is set up has names that begin so."), required=True)
        self.fields["name"].validators.append(NAME)

    def clean(self) -> dict[str, Any]:
        for question in self.template.questions:
            inputs.put_choice(self, question.name, self._choice(question), question.several)
        return self.cleaned_data

    def answers(self) -> dict[str, Any]:
        """What the template is filled with: connections by role, answers by question."""
        given = dict(self.cleaned_data)
        for question in self.template.questions:
            if question.several:
                given[question.name] = typed_list(given.get(question.name) or "")
        return given

    @property
    def roles(self) -> list[Any]:
        return [self[role.name] for role in self.template.roles]

    @property
    def questions(self) -> list[Any]:
        return [self[question.name] for question in self.template.questions]

    def _choice(self, question: Question) -> Choice | None:
        connection = str(self[question.at].value() or "") if question.at else ""
        return self.choices.for_action(connection, question.chosen_from)

    def _offer(self, question: Question) -> None:
        field = self.fields[question.name]
        if isinstance(field, inputs.ChosenField):
            field.offer(self._choice(question), str(self[question.name].value() or ""))


def _input(question: Question) -> forms.Field:
    label, help = _(question.label), _(question.help) if question.help else ""
    if question.several:
        help = f"{help} {_('Several with commas between them.')}".strip()
    if question.number:
        return forms.IntegerField(
            label=label,
            help_text=help,
            required=question.required,
            initial=question.default,
            widget=forms.NumberInput({"class": "cw-input"}),
        )
    field = inputs.chosen(question.chosen_from, label, help)
    field.required, field.initial = question.required, question.default
    del field.widget.attrs["data-choice"]  # no row of the rule's form: what it offers does not change on the page
    return field
