"""Runs that wait for a person, for alerts."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from audit.notifications.alerts import Trouble
from audit.notifications.models import AlertKind
from integrations.admin_labels import page_url

from ..models import Run, RunState


def runs_at_the_brake() -> Iterator[Trouble]:
    for run in Run.objects.filter(state=RunState.WAITING).order_by("pk")[:20]:
        title = _("a %(kind)s waits for you") % {"kind": run.get_kind_display().lower()}
        yield Trouble(AlertKind.BRAKE, f"run:{run.pk}", title, run.message, page_url(run))
