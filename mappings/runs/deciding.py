"""Runs that carry a person's decision out on many changes: retry, approve, reject and cancel, by a filter."""

from __future__ import annotations

from collections import Counter
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.choosing import FilterRefused, Selection, as_text
from audit.ledger import move_to_bulk
from audit.verbs import VERBS, Verb

from ..models import UNDER_WAY, Run
from .base import Kind, RunRefused, Step


def _selection(verb: Verb, run: Run) -> Selection:
    return Selection(verb, run.scope, run.until)


def _prepare(verb: Verb, run: Run) -> None:
    """What is decided is fixed now: a filter, and the youngest change it is about."""
    if run.dry_run:
        raise RunRefused(f"A dry run of {verb.name} is not available: list the changes of the filter instead.")
    run.scope = as_text(run.scope)
    try:
        chosen = _selection(verb, run)
        run.until = run.until or chosen.as_of_now().until
        run.total = _selection(verb, run).rows.count()
    except FilterRefused as refusal:
        raise RunRefused(str(refusal)) from refusal
    if not run.total:
        raise RunRefused(_("There is nothing here that this fits."))
    if twin := _twin(run):
        raise RunRefused(_("The same is under way already: run %s.") % twin.pk)


def _twin(run: Run) -> Run | None:
    """A run that does the same now: asked for twice, it is still decided once."""
    under_way = Run.objects.filter(kind=run.kind, state__in=UNDER_WAY)
    return next((other for other in under_way if other.scope == run.scope), None)


def _next_step(verb: Verb, run: Run) -> Step | None:
    chosen = _selection(verb, run)
    if not run.cursor:
        verb.first(chosen.rows)
    ids = chosen.next_ids(run.cursor)
    return partial(_decide, verb, run, ids) if ids else None


def _decide(verb: Verb, run: Run, ids: list[str]) -> None:
    decision = verb.step(ids, run.user, run.comment)
    move_to_bulk(decision.done)
    run.done += len(decision.done)
    run.refused += len(decision.refused)
    run.reasons = dict(Counter(run.reasons) + Counter(decision.refused.values()))
    run.cursor = ids[-1]


def _conclude(verb: Verb, run: Run) -> None:
    """Changes that fitted when the run was started and did not when it came by are counted as well."""
    gone = max(0, (run.total or 0) - run.done - run.refused)
    if gone:
        run.refused += gone
        run.reasons |= {_("By then it had been decided by somebody, had been sent, or had gone with another."): gone}
    run.total = run.done + run.refused
    done = ngettext("%(n)s change was decided.", "%(n)s changes were decided.", run.done) % {"n": f"{run.done:,}"}
    left = ngettext("%(n)s was left alone.", "%(n)s were left alone.", run.refused) % {"n": f"{run.refused:,}"}
    run.message = f"{done} {left}" if run.refused else done


def _kind_of(verb: Verb) -> Kind:
    return Kind(
        permission=verb.permission,
        prepare=partial(_prepare, verb),
        next_step=partial(_next_step, verb),
        conclude=partial(_conclude, verb),
        connection_of=lambda run: None,
    )


DECISIONS = {name: _kind_of(verb) for name, verb in VERBS.items()}
