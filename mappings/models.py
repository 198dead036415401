"""Tables of 'what should happen': mappings with their versions, rules, and runs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from integrations.ids import new_id
from integrations.models import NAME, Connection


class Mapping(models.Model):
    """How fields of a source object become fields of a target object."""

    name = models.SlugField(
        _("name"), max_length=120, unique=True, validators=[NAME], help_text=_("A short name: subscriber-to-lead.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")
        permissions = [("publish_mapping", _("Can publish mappings"))]

    def __str__(self) -> str:
        return self.name

    @property
    def published(self) -> MappingVersion | None:
        return self.versions.filter(state=VersionState.PUBLISHED).first()

    @property
    def draft(self) -> MappingVersion | None:
        return self.versions.filter(state=VersionState.DRAFT).first()


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class MappingVersion(models.Model):
    """One version of a mapping. `spec` is the mapping as design §5.5 writes it."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=VersionState, default=VersionState.DRAFT)
    spec = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    summary = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["mapping", "number"], name="one_version_number"),
            models.UniqueConstraint(fields=["mapping"], condition=Q(state="draft"), name="one_draft"),
            models.UniqueConstraint(fields=["mapping"], condition=Q(state="published"), name="one_published"),
        ]

    def __str__(self) -> str:
        return f"{self.mapping.name} v{self.number}"


class OptInPolicy(models.TextChoices):
    ASK = "ask", _("Ask a person")
    LIFT = "lift", _("Lift the opt-out")


class Rule(models.Model):
    """When this event happens, if these conditions hold, do these actions. `when`, `if` and `do` of design §5.5."""

    name = models.SlugField(_("name"), max_length=120, unique=True, validators=[NAME])
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="rules", verbose_name=_("connection")
    )
    event = models.CharField(_("event"), max_length=60)
    condition = models.JSONField(_("conditions"), default=dict, blank=True)
    actions = models.JSONField(_("actions"), default=list)
    approve = models.JSONField(_("approval"), default=str, blank=True)  # "never" | "always" | {"over": 100}
    opt_in = models.CharField(_("after an opt-out"), max_length=10, choices=OptInPolicy, default=OptInPolicy.ASK)
    enabled = models.BooleanField(_("on"), default=True)
    position = models.PositiveIntegerField(_("order"), default=0)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.name

    def as_spec(self) -> dict[str, Any]:
        """The rule as the configuration file writes it."""
        spec: dict[str, Any] = {"when": {"connection": self.connection.name, "event": self.event}}
        spec |= {"if": self.condition} if self.condition else {}
        spec |= {"approve": self.approve} if self.approve not in ("", "never") else {}
        spec |= {"opt_in": self.opt_in} if self.opt_in != OptInPolicy.ASK else {}
        spec |= {} if self.enabled else {"enabled": False}
        return spec | {"do": self.actions}


class RunKind(models.TextChoices):
    RESYNC = "resync", _("Resync")
    BACKFILL = "backfill", _("Backfill")
    RECONCILE = "reconcile", _("Reconcile")
    RETRY = "retry", _("Retry")
    APPROVE = "approve", _("Approval")
    REJECT = "reject", _("Rejection")
    CANCEL = "cancel", _("Cancellation")


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waits for you")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)
OPEN = (*UNDER_WAY, RunState.WAITING)  # it can be stopped


class Run(models.Model):
    """One pass over many records or changes. `cursor` is where it goes on after a crash."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=RunKind, default=RunKind.RESYNC)
    state = models.CharField(_("state"), max_length=20, choices=RunState, default=RunState.QUEUED)
    scope = models.JSONField(_("scope"), default=dict)  # what it is about; for a decision a filter of changes
    plan = models.JSONField(_("plan"), null=True)  # of a backfill: what it will do and cost
    released = models.JSONField(default=list)  # sorts of change that the brake lets pass: a person looked at them
    dry_run = models.BooleanField(_("dry run"), default=False)
    cursor = models.CharField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)  # which connection or rule of the scope it is at
    total = models.PositiveIntegerField(_("total"), null=True)
    until = models.CharField(max_length=26, blank=True)  # of a decision: the youngest change it is about
    done = models.PositiveIntegerField(_("records"), default=0)
    refused = models.PositiveIntegerField(_("left alone"), default=0)
    reasons = models.JSONField(default=dict)  # {why: how many} of what was left alone
    message = models.TextField(_("message"), blank=True)
    comment = models.TextField(_("comment"), blank=True)
    actor = models.CharField(_("started by"), max_length=150, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    postponed_at = models.DateTimeField(null=True)  # since when it waits for that; None: it was to be due at once

    class Meta:
        ordering = ["-id"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes = [
            models.Index(fields=["state", "-id"], name="run_state"),
            models.Index(fields=["kind", "-id"], name="run_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
