"""The form of a connection: an input per credential and option its vendor asks for; secrets go in and never out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from .budgets import seconds_of
from .crypto import CannotDecrypt
from .models import Connection
from .vendors.base import Credential, Vendor, Watch
from .watching import LONGEST_WATCH_MINUTES

CREDENTIAL, OPTION, WATCH = "credential_", "option_", "watch_"
BASICS = ("name", "environment", "mode", "base_url")
REMOVE = "-"  # typed into an optional secret to forget it
MARKER_FIELD = Credential(
    "marker_field",
    "Marker field",
    "A text field of the vendor's tasks that holds our change's id: a lost answer then never makes a second task.",
    secret=False,
    required=False,
)
OPT_OUT_VALUES = "opt_out_values"
LIMITS_EXAMPLE = '[{"calls": 400, "per": "1h"}]'
OPT_OUT_EXAMPLE = '{"Lead": {"Status": "Unsubscribed"}}'


class BlankableJSON(forms.JSONField):
    """JSON that is shown as nothing when there is nothing."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value) if value else ""


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no arguments at run time
    """What is the same for every vendor; `form_for` adds the rest."""

    kind: Vendor

    opt_out_values = BlankableJSON(
        label=gettext_lazy("Also write on opt-out"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2, "dir": "ltr"}),
        help_text=format_lazy(
            "{} {}",
            gettext_lazy("Further fields to set when somebody opts out, per object, for example"),
            OPT_OUT_EXAMPLE,
        ),
    )
    limits = BlankableJSON(
        label=gettext_lazy("Limits"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2, "dir": "ltr"}),
        help_text=format_lazy("{} {}", gettext_lazy("Empty: the vendor's own limits. Otherwise"), LIMITS_EXAMPLE),
    )

    class Meta:
        model = Connection
        fields = (*BASICS, "limits")
        widgets = {
            "base_url": UnfoldAdminURLInputWidget({"dir": "ltr"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options, stored = self.instance.options or {}, stored_credentials(self.instance)
        for credential in self.kind.credentials:
            self._show_credential(credential, stored)
        for name, option in self._option_inputs():
            self.initial[name] = options.get(option.name, "")
        self.initial[OPT_OUT_VALUES] = options.get(OPT_OUT_VALUES)
        self.initial.update({WATCH + key: minutes for key, minutes in options.get("watch", {}).items()})
        if "base_url" in self.fields:  # it is not, for who may only look
            self.fields["base_url"].widget.attrs["placeholder"] = self.kind.default_base_url

    def _show_credential(self, credential: Credential, stored: Mapping[str, Any]) -> None:
        name = CREDENTIAL + credential.name
        if not credential.secret:
            self.initial[name] = stored.get(credential.name, "")
        elif stored.get(credential.name) and name in self.fields:
            self.fields[name].required = False
            self.fields[name].help_text = _secret_help(credential, self.instance)

    def clean_limits(self) -> list[dict[str, Any]]:
        limits = self.cleaned_data["limits"] or []
        if not isinstance(limits, list):
            raise ValidationError(_("Write a list, for example %s") % LIMITS_EXAMPLE)
        for limit in limits:
            _check_limit(limit)
        return limits

    def clean_opt_out_values(self) -> dict[str, dict[str, Any]]:
        values = self.cleaned_data[OPT_OUT_VALUES] or {}
        if not isinstance(values, dict) or not all(isinstance(fields, dict) for fields in values.values()):
            raise ValidationError(_("Write object, field and value, for example %s") % OPT_OUT_EXAMPLE)
        return values

    def new_credentials(self) -> dict[str, Any]:
        """The credentials to store: what was typed, else what was there."""
        stored = stored_credentials(self.instance)
        for credential in self.kind.credentials:
            typed = (self.cleaned_data.get(CREDENTIAL + credential.name) or "").strip()
            if typed == REMOVE or (not typed and not credential.secret):
                stored.pop(credential.name, None)
            elif typed:
                stored[credential.name] = typed
        return stored

    def new_options(self) -> dict[str, Any]:
        """The options to store; ones this page does not know stay as they are."""
        options = dict(self.instance.options or {})
        typed: dict[str, Any] = {
            option.name: self.cleaned_data.get(name_of, "") for name_of, option in self._option_inputs()
        }
        typed[OPT_OUT_VALUES] = self.cleaned_data.get(OPT_OUT_VALUES)
        minutes = {watch.key: self.cleaned_data.get(WATCH + watch.key) for watch in self.kind.capabilities.watches}
        typed["watch"] = {key: number for key, number in minutes.items() if number is not None}
        for name, value in typed.items():
            if value:
                options[name] = value
            else:
                options.pop(name, None)
        return options

    def _option_inputs(self) -> Iterator[tuple[str, Credential]]:
        for name, option in options_of(self.kind).items():
            yield OPTION + name, option


def form_for(kind: Vendor) -> type[ConnectionForm]:
    """The form class of one vendor's connections."""
    inputs: dict[str, Any] = {CREDENTIAL + each.name: _input(each) for each in kind.credentials}
    inputs |= {OPTION + name: _input(each) for name, each in options_of(kind).items()}
    inputs |= {WATCH + watch.key: _minutes(watch) for watch in kind.capabilities.watches}
    return type("VendorConnectionForm", (ConnectionForm,), {**inputs, "kind": kind, "__module__": __name__})


def fieldsets_for(kind: Vendor) -> list[tuple[Any, dict[str, Any]]]:
    """The rows of the form: who, how to sign in, options, limits. What is never called has no address and no limits."""
    only_tells = kind.capabilities.only_tells
    about_calls = () if only_tells else (OPT_OUT_VALUES, "limits")
    looks = [(_("How often we look"), {"fields": tuple(WATCH + each.key for each in kind.capabilities.watches)})]
    return [
        (None, {"fields": tuple(name for name in BASICS if not (only_tells and name == "base_url"))}),
        (_("Sign-in"), {"fields": tuple(CREDENTIAL + each.name for each in kind.credentials)}),
        (_("Options"), {"fields": (*(OPTION + name for name in options_of(kind)), *about_calls)}),
        *(looks if kind.capabilities.watches else []),
    ]


def options_of(kind: Vendor) -> dict[str, Credential]:
    """The vendor's own options by name, and the marker field where it has tasks to mark."""
    general = (MARKER_FIELD,) if any(each.kind == "task" for each in kind.capabilities.objects) else ()
    return {each.name: each for each in (*general, *kind.options)}


def stored_credentials(connection: Connection) -> dict[str, Any]:
    """A copy of what is stored; nothing when no key can read it any more, so that it can be entered again."""
    try:
        return dict(connection.credentials or {})
    except CannotDecrypt:
        return {}


def _input(entry: Credential) -> forms.Field:
    facts: dict[str, Any] = {"label": entry.label, "help_text": entry.help, "required": entry.required}
    if entry.choices:
        blank = [] if entry.required else [("", "—")]
        return forms.ChoiceField(
            choices=[*blank, *((c, c) for c in entry.choices)], widget=UnfoldAdminSelectWidget, **facts
        )
    return forms.CharField(widget=_widget(entry), strip=True, **facts)


def _minutes(watch: Watch) -> forms.Field:
    minutes = int(watch.every.total_seconds() // 60)
    return forms.IntegerField(
        label=capfirst(watch.label),
        help_text=_("Minutes between two looks. Empty: %(minutes)d. 0: never.") % {"minutes": minutes},
        required=False,
        min_value=0,
        max_value=LONGEST_WATCH_MINUTES,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
    )


def _widget(entry: Credential) -> forms.Widget:
    if entry.secret and "PEM" in entry.help:  # a password input would join the lines of a key
        return _BlankTextarea(
            {"rows": 4, "dir": "ltr", "class": "cw-masked", "autocomplete": "off", "spellcheck": "false"}
        )
    if entry.secret:
        hidden: forms.Widget = UnfoldAdminPasswordWidget({"dir": "ltr", "autocomplete": "new-password"}, False)
        return hidden
    shown: forms.Widget = UnfoldAdminTextInputWidget({"dir": "ltr", "autocomplete": "off"})
    return shown


class _BlankTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]  # unfold is not typed
    """A text area that never shows what it was given, also when the form comes back with an error."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        return context


def _secret_help(credential: Credential, connection: Connection) -> str:
    when = connection.credentials_changed_at
    day = date_format(timezone.localtime(when), "j F Y") if when else ""
    kept = _("Set on %(day)s. Leave empty to keep it.") % {"day": day} if day else _("Set. Leave empty to keep it.")
    forget = "" if credential.required else " " + _("Enter %s to forget it.") % REMOVE
    return f"{kept}{forget} {credential.help}".strip()


def _check_limit(limit: Any) -> None:
    if not isinstance(limit, dict) or set(limit) != {"calls", "per"}:
        raise ValidationError(
            _("Each limit says calls and per, for example %s") % json.dumps({"calls": 400, "per": "1h"})
        )
    if isinstance(limit["calls"], bool) or not isinstance(limit["calls"], int) or limit["calls"] < 1:
        raise ValidationError(_("The number of calls must be 1 or more."))
    try:
        seconds_of(limit["per"])
    except ValueError as error:
        raise ValidationError(str(error)) from error
