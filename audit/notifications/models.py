"""Tables of notifications: where people are told, what they are told, and which alerts are on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.crypto import EncryptedJSONField
from integrations.ids import new_id
from integrations.models import NAME, Person


class AlertKind(models.TextChoices):
    CONNECTION = "connection_stopped", _("A connection stopped")
    OPT_OUT = "opt_out_overdue", _("An opt-out is overdue")
    FAILED = "changes_failed", _("Changes failed")
    BRAKE = "stopped_at_brake", _("The brake stopped a run or a burst")
    RESTARTS = "restarts", _("A worker is started again and again")


class NotificationChannel(models.Model):
    """One place where a team is told: a chat room, a webhook, or some e-mail addresses under one name."""

    name = models.SlugField(
        _("name"),
        max_length=80,
        unique=True,
        validators=[NAME],
        help_text=_("A short name, used in rules: sales-team."),
    )
    target = EncryptedJSONField(_("where"), default=str)  # a URL, or e-mail addresses
    alerts = models.JSONField(_("alerts"), default=list, blank=True)  # kinds of alert that it is told of
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    last_result = models.CharField(_("last result"), max_length=300, blank=True)  # "" when it went well
    last_at = models.DateTimeField(_("last told"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        ordering = ["name"]
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.name


class NotificationState(models.TextChoices):
    DUE = "due", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    LEFT = "left", _("Left unsent")


class Notification(models.Model):
    """One thing that one recipient is to be told. With a digest it goes out in one message with others."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    identity = models.CharField(max_length=64, unique=True, null=True)  # the same is told once
    to = models.CharField(_("to"), max_length=320)  # an e-mail address, else a channel's name
    is_filled = models.BooleanField(default=False)  # the address came out of a record: it may be the person's own
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    digest = models.CharField(_("gathered"), max_length=10, blank=True)  # "" | hourly | daily
    person = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, db_index=False, related_name="notifications"
    )
    event = models.CharField(max_length=26, blank=True)  # its id: events are pruned sooner or later
    rule = models.CharField(_("rule"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)  # of the action in its rule
    alert = models.CharField(_("alert"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=NotificationState, default=NotificationState.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    postponed_at = models.DateTimeField(null=True)  # since when it waits for that; None: it was to be due at once
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    problem = models.CharField(_("last problem"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], name="notification_queue", condition=Q(state="due")),
            models.Index(fields=["state", "-id"], name="notification_state"),
            models.Index(fields=["person", "-id"], name="notification_person", condition=Q(person__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.subject


class Alert(models.Model):
    """Something that is wrong just now, and which channels were told. It goes when they were told that it is over."""

    key = models.CharField(primary_key=True, max_length=200)
    kind = models.CharField(max_length=40, choices=AlertKind)
    title = models.CharField(max_length=200)
    mark = models.CharField(max_length=26, blank=True)  # the newest of what is wrong, when it was told last
    channels = models.JSONField(default=list)  # names of those that were told
    began_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key
