"""What a person does with a channel: try it out."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations import clock
from integrations.ids import new_id

from .delivering import UNREADABLE
from .models import NotificationChannel
from .sending import Reply, send
from .targets import masked, target_of


def send_test(channel: NotificationChannel) -> Reply:
    """Send a sample, now."""
    url = settings.PUBLIC_URL + reverse("admin:audit_notificationchannel_change", args=[channel.pk])
    text = _("If you can read this, the channel %(name)s works.\n\n%(url)s") % {"name": channel.name, "url": url}
    target = target_of(channel)
    reply = send(target, f"test-{new_id()}", _("A test from Crosswalk"), text) if target else Reply(UNREADABLE, True)
    facts = {"last_at": clock.now(), "last_result": reply.problem[:300]}
    NotificationChannel.objects.filter(pk=channel.pk).update(**facts)
    return reply


def shown_target(channel: NotificationChannel) -> str:
    target = target_of(channel)
    return masked(target) if target else _("cannot be read")
