"""Rules and mappings read back as plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..conditions import in_words
from ..spec import ACTIONS, ActionSpec, MappingSpec, RuleSpec
from .choices import Choices, in_quotes

EVENT_WORDS = {
    "contact.created": gettext_lazy("a contact is made"),
    "contact.updated": gettext_lazy("a contact changes"),
    "contact.deleted": gettext_lazy("a contact is deleted"),
    "contact.subscribed": gettext_lazy("somebody subscribes"),
    "contact.unsubscribed": gettext_lazy("somebody unsubscribes"),
    "contact.tagged": gettext_lazy("somebody gets a tag"),
    "contact.untagged": gettext_lazy("somebody loses a tag"),
    "contact.moved": gettext_lazy("somebody is moved to another list"),
    "contact.email_changed": gettext_lazy("somebody's e-mail address changes"),
    "contact.undeliverable": gettext_lazy("mail to somebody cannot be delivered"),
    "opt_out.changed": gettext_lazy("somebody's opt-out changes"),
    "email.opened": gettext_lazy("somebody opens an e-mail"),
    "email.clicked": gettext_lazy("somebody clicks a link"),
    "form.submitted": gettext_lazy("somebody sends a form"),
    "webinar.registered": gettext_lazy("somebody registers for a webinar"),
    "webinar.attended": gettext_lazy("somebody attends a webinar"),
    "task.created": gettext_lazy("a task is made"),
    "task.updated": gettext_lazy("a task changes"),
    "task.completed": gettext_lazy("a task is completed"),
    "task.deleted": gettext_lazy("a task is deleted"),
    "note.created": gettext_lazy("a note is made"),
    "note.updated": gettext_lazy("a note changes"),
    "note.deleted": gettext_lazy("a note is deleted"),
    "message.received": gettext_lazy("a message comes in"),
    "message.sent": gettext_lazy("a message is sent"),
    "appointment.created": gettext_lazy("an appointment is made"),
    "appointment.updated": gettext_lazy("an appointment changes"),
    "appointment.cancelled": gettext_lazy("an appointment is cancelled"),
}
GATHERED = {"hourly": gettext_lazy(" every full hour"), "daily": gettext_lazy(" every day at 8:00")}
NOTE = 60  # characters of a note that are shown
Targets = Mapping[str, MappingSpec]


def rule_sentence(rule: RuleSpec, mappings: Targets, choices: Choices) -> str:
    """When somebody subscribes in getresponse-main and …, make or update a Lead at salesforce-main with …, then …"""

    def said(path: str, text: str) -> str:
        return str(in_quotes(choices.for_field(rule.connection, path), text))

    when = _("When %(event)s in %(connection)s") % {"event": event_words(rule.event), "connection": rule.connection}
    condition = in_words(rule.condition, said) if rule.condition else ""
    when += _(" and %s") % condition if condition not in ("", "always") else ""
    deeds = [action_words(action, mappings, choices) for action in rule.actions]
    return f"{when}, {_(', then ').join(deeds)}.{_approval(rule)}"


def event_words(event: str) -> str:
    return str(EVENT_WORDS.get(event, event))


def _approval(rule: RuleSpec) -> str:
    if rule.approve == "always":
        return " " + _("A person approves each change first.")
    if isinstance(rule.approve, int):
        return " " + _("Above %d changes at once, a person approves them first.") % rule.approve
    return ""


def action_words(action: ActionSpec, mappings: Targets, choices: Choices) -> str:
    """One action as the middle of a sentence."""
    words = _WORDS.get(action.name)
    return words(_with_names(action, choices), mappings) if words else _other(action)


def _with_names(action: ActionSpec, choices: Choices) -> dict[str, Any]:
    """The action's parameters with the names of what they choose."""
    kinds = {key.name: key.chosen_from for key in ACTIONS[action.name].keys if key.type == "text"}
    return {
        name: in_quotes(choices.for_action(action.connection, kinds.get(name, "")), value)
        for name, value in action.params.items()
    }


def _other(action: ActionSpec) -> str:
    where = _(" at %s") % action.connection if action.connection else ""
    return action.name.replace("_", " ") + where


def _record(params: Mapping[str, Any], mappings: Targets) -> dict[str, str]:
    spec = mappings.get(params.get("mapping", ""))
    object = f"{_article(spec.target_object)} {spec.target_object}" if spec else _("a record")
    at = _(" at %s") % spec.target_connection if spec else ""
    return {"record": f"{object}{at}", "mapping": params.get("mapping", "")}


def _article(noun: str) -> str:
    return _("an") if noun[:1].lower() in "aeiou" else _("a")


def _opt_out(params: Mapping[str, Any], _mappings: Targets) -> str:
    channels, connections = params.get("channels") or ["email"], params.get("connections", [])
    return _("stop %(channels)s to them at %(connections)s") % {
        "channels": _listed(channels),
        "connections": _listed(connections),
    }


def _join(params: Mapping[str, Any], _mappings: Targets) -> str:
    status = _(" as %s") % params["status"] if params.get("status") else ""
    return str(_("add it to campaign %s") % params.get("campaign", "")) + status


def _set(params: Mapping[str, Any], _mappings: Targets) -> str:
    fields = ", ".join(f"{name} = {value}" for name, value in params.get("fields", {}).items())
    return _("set %(fields)s on the %(object)s at %(connection)s") % {
        "fields": fields,
        "object": params.get("object", ""),
        "connection": params.get("connection", ""),
    }


def _delete(params: Mapping[str, Any], mappings: Targets) -> str:
    spec = mappings.get(params.get("mapping", ""))
    place = {"connection": spec.target_connection if spec else params.get("connection", "")}
    if spec is None:
        return _("delete their record at %(connection)s") % place
    return _("delete the %(object)s at %(connection)s") % {**place, "object": spec.target_object}


def _task(params: Mapping[str, Any], _mappings: Targets) -> str:
    said = str(_("make a task “%(title)s” at %(connection)s") % params)
    said += _(" for %s") % params["assignee"] if params.get("assignee") else ""
    said += _(" due %s") % params["due"] if params.get("due") else ""
    most = params.get("most_per_day")
    return said + (ngettext(" (at most %d a day)", " (at most %d a day)", most) % most if most else "")


def _note(params: Mapping[str, Any], _mappings: Targets) -> str:
    text = params.get("title") or str(params.get("body", "")).partition("\n")[0]
    shown = text if len(text) <= NOTE else f"{text[:NOTE]}…"
    return _("add a note “%(text)s” at %(connection)s") % {"text": shown, "connection": params.get("connection", "")}


def _tagging(params: Mapping[str, Any]) -> dict[str, str]:
    tags = _listed(params["tags"]) if params.get("tags") else _("those in %s") % params.get("from", "")
    return {"tags": tags, "connection": params.get("connection", "")}


def _increment(params: Mapping[str, Any], _mappings: Targets) -> str:
    by = params.get("by", 1)
    said = _("take %(by)s from %(field)s") if by < 0 else _("add %(by)s to %(field)s")
    return str(said % {"by": abs(by), "field": params.get("field", "")}) + _(" of the %(object)s at %(connection)s") % {
        "object": params.get("object", ""),
        "connection": params.get("connection", ""),
    }


def _notify(params: Mapping[str, Any], _mappings: Targets) -> str:
    said = str(_("tell %s") % _listed(params.get("to", [])))
    said += f" “{params.get('subject', '')}”"
    said += _(" (at most once in %s for a person)") % params["quiet"] if params.get("quiet") else ""
    return said + str(GATHERED.get(params.get("digest", ""), ""))


def _listed(words: Any) -> str:
    said = [str(word) for word in words]
    head, tail = ", ".join(said[:-1]), said[-1] if said else ""
    return head + _(" and ") + tail if head else tail


_WORDS: dict[str, Callable[[Mapping[str, Any], Targets], str]] = {
    "upsert": lambda p, m: _("make or update %(record)s with %(mapping)s") % _record(p, m),
    "update": lambda p, m: _("update %(record)s with %(mapping)s") % _record(p, m),
    "opt_out": _opt_out,
    "add_to_campaign": _join,
    "remove_from_campaign": lambda p, m: _("take it out of campaign %s") % p.get("campaign", ""),
    "delete": _delete,
    "create_task": _task,
    "update_task": lambda p, m: _("change the task made for it at %(connection)s") % p,
    "complete_task": lambda p, m: _("complete the task made for it at %(connection)s") % p,
    "delete_task": lambda p, m: _("delete the task made for it at %(connection)s") % p,
    "add_note": _note,
    "update_note": lambda p, m: _("change the note made for it at %(connection)s") % p,
    "delete_note": lambda p, m: _("delete the note made for it at %(connection)s") % p,
    "add_tags": lambda p, m: _("tag it with %(tags)s at %(connection)s") % _tagging(p),
    "remove_tags": lambda p, m: _("take the tags %(tags)s from it at %(connection)s") % _tagging(p),
    "increment": _increment,
    "call": lambda p, m: _("call %(operation)s at %(connection)s") % p,
    "set": _set,
    "notify": _notify,
}


def mapping_words(spec: MappingSpec) -> str:
    """contact at getresponse-main → Lead at salesforce-main, 9 fields"""
    count = len(spec.fields)
    fields = ngettext("%d field", "%d fields", count) % count
    source, target = (
        f"{spec.source_object} · {spec.source_connection}",
        f"{spec.target_object} · {spec.target_connection}",
    )
    return f"{source} → {target}, {fields}"
