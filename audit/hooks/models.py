"""Tables of hooks: who wants to be told of what, and what is still to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.crypto import EncryptedJSONField
from integrations.ids import new_id
from integrations.models import Connection


class HookState(models.TextChoices):
    ON = "on", _("On")
    OFF = "off", _("Switched off")


class Hook(models.Model):
    """One URL of another tool that is told whenever one thing happens."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    target_url = models.CharField(_("URL"), max_length=2000)
    event = models.CharField(_("event"), max_length=60)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="hooks", verbose_name=_("connection")
    )
    secret = EncryptedJSONField(default=str)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=HookState, default=HookState.ON)
    off_reason = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)  # rounds in a row in which nothing came through
    failing_since = models.DateTimeField(null=True)  # the first of them
    paused_until = models.DateTimeField(null=True)  # after a failure: other hooks do not wait for this one
    paused_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_result = models.CharField(_("last result"), max_length=200, blank=True)
    last_at = models.DateTimeField(_("last told"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("hook")
        verbose_name_plural = _("hooks")

    def __str__(self) -> str:
        return f"{self.event} → {self.target_url}"


class DeliveryState(models.TextChoices):
    DUE = "due", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DROPPED = "dropped", _("Given up")


class HookDelivery(models.Model):
    """One thing that one hook is to be told. Its id is the same at each attempt: what the receiver tells repeats by."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    # Without a constraint: what is recorded at the moment in which its hook is removed must not undo the recording.
    hook = models.ForeignKey(
        Hook, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    payload = models.JSONField()  # {type, timestamp, data}
    via = models.JSONField(default=list)  # ids of the hooks through which it came to us
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    postponed_at = models.DateTimeField(null=True)  # since when it waits for that; None: it was to be due at once
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    result = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["hook", "next_attempt_at", "id"], name="hook_queue", condition=Q(state="due")),
            models.Index(fields=["hook", "-id"], name="hook_deliveries"),
        ]

    def __str__(self) -> str:
        return f"{self.payload.get('type')} {self.id}"
