"""What alerts are about, as far as this room knows: connections, failures, late opt-outs, the brake, restarts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations import clock
from integrations.admin_labels import bounded, page_url
from integrations.models import Connection

from ..failures import Cause, causes_of_failure
from ..models import Change, ChangeState
from ..restarts import restarts_since
from ..telling import overdue_opt_outs
from .alerts import Trouble
from .models import AlertKind

CAUSES = 8
BOUND = 1000  # nothing is counted past this
OFTEN = 3  # restarts of one process
WHILE = timedelta(hours=1)


def stopped_connections() -> Iterator[Trouble]:
    for row in Connection.objects.filter(blocked=True).defer("credentials", "webhook_token").order_by("name"):
        what = _("What is for it waits; nothing is lost. Mend the cause, then press Test connection on its page.")
        title = _("%s is stopped") % row.name
        text = f"{row.health_reason}\n{what}".strip()
        yield Trouble(AlertKind.CONNECTION, f"connection:{row.pk}", title, text, page_url(row))


def late_opt_outs() -> Iterator[Trouble]:
    late = list(overdue_opt_outs().order_by("-pk").values_list("pk", "heard_at")[: BOUND + 1])
    if not late:
        return
    title = ngettext("%(n)s opt-out is overdue", "%(n)s opt-outs are overdue", len(late))
    said = _("Heard at %s, and not every system was told yet. Open it: it says which, and why.")
    oldest = timezone.localtime(min(heard_at for _pk, heard_at in late))
    do = _("Until then set it by hand at the vendor.")
    yield Trouble(
        AlertKind.OPT_OUT,
        "opt-outs",
        title % {"n": bounded(len(late), BOUND)},
        f"{said % f'{oldest:%Y-%m-%d %H:%M}'} {do}",
        reverse("admin:audit_optout_changelist"),
        mark=late[0][0],
    )


def failed_changes() -> Iterator[Trouble]:
    causes = causes_of_failure(CAUSES)
    if not causes:
        return
    count = sum(cause.count for cause in causes)
    title = ngettext("%(n)s change failed", "%(n)s changes failed", count) % {"n": f"{count:,}"}
    what = _("Mend the cause, then press Retry all beside it on the dashboard.")
    text = "\n".join([*map(_of_cause, causes), what])
    newest = max(cause.newest for cause in causes)
    yield Trouble(AlertKind.FAILED, "failed", title, text, reverse("admin:index"), mark=newest)


def _of_cause(cause: Cause) -> str:
    said = f"{cause.error.get('message', '')} {cause.error.get('help', '')}".strip()
    return f"{cause.count} × {cause.connection}: {said or cause.code}"


def held_bursts() -> Iterator[Trouble]:
    """What the brake holds and no run made: a run says so itself."""
    held = Change.objects.exclude(braked="").filter(state=ChangeState.HELD, run_id="").order_by("-pk")
    ids = list(held.values_list("pk", flat=True)[: BOUND + 1])
    if not ids:
        return
    title = ngettext("the brake holds %(n)s change", "the brake holds %(n)s changes", len(ids))
    text = _("More of one sort came within an hour than is allowed. Look at some: approve them if they are right.")
    path = reverse("admin:audit_change_changelist") + "?state__exact=held"
    yield Trouble(AlertKind.BRAKE, "brake", title % {"n": bounded(len(ids), BOUND)}, text, path, mark=ids[0])


def repeated_restarts() -> Iterator[Trouble]:
    for again in restarts_since(clock.now() - WHILE):
        if again.times >= OFTEN:
            what = {"child": again.child, "host": again.host}
            title = _("%(child)s of %(host)s is started again and again") % what
            count = _("%(n)s times within an hour, the last time: %(why)s.") % {"n": again.times, "why": again.reason}
            do = _("Nothing is lost. Look at the machine's memory and at the log.")
            key = f"restarts:{again.host}:{again.child}"
            yield Trouble(AlertKind.RESTARTS, key, title, f"{count} {do}", reverse("admin:index"))


SOURCES = (stopped_connections, late_opt_outs, failed_changes, held_bursts, repeated_restarts)
