"""What is final stays as it is, whoever asks: the database itself refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations import Migration
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.guards import before_migrate, guards_lifted, missing_guards, put_up_guards
from audit.models import Attempt, AttemptResult, Change, ChangeState, Seal
from audit.sealing import seal_waiting
from integrations.models import Event, Person

from . import rows

FINAL = ("applied", "cancelled", "rejected")
pytestmark = pytest.mark.django_db
Act = Callable[[Change], Any]


def save(change: Change) -> None:
    change.comment = "quietly"
    change.save()


def bulk_update(change: Change) -> None:
    change.diff = {}
    Change.objects.bulk_update([change], ["diff"])


def update(**facts: Any) -> Act:
    return lambda change: Change.objects.filter(pk=change.pk).update(**facts)


def in_sql(change: Change) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_change SET record_id = '00Q' WHERE id = %s", [change.pk])


EDITS: dict[str, Act] = {
    "save": save,
    "bulk_update": bulk_update,
    "update": update(error={"code": "none"}),
    "back in the queue": update(state=ChangeState.QUEUED),
    "another final state": update(state="other"),
    "a lease": update(lease="mine"),
    "SQL": in_sql,
    "delete": lambda change: change.delete(),
    "delete of many": lambda change: Change.objects.all().delete(),
    "raw delete": lambda change: Change.objects.all()._raw_delete(Change.objects.db),
}


@pytest.mark.parametrize("state", FINAL)
@pytest.mark.parametrize("how", EDITS)
def test_a_final_change_is_never_edited_or_deleted(how: str, state: str) -> None:
    change = rows.change(state=state)
    with pytest.raises(IntegrityError, match="never edited or deleted"), transaction.atomic():
        EDITS[how](change)
    assert Change.objects.filter(pk=change.pk, state=state, comment="").exists()


@pytest.mark.parametrize("state", ["held", "queued", "sending", "failed"])
def test_what_is_not_final_can_be_edited_and_can_become_final(state: str) -> None:
    change = rows.change(state=state)
    save(change)
    assert Change.objects.filter(pk=change.pk).update(state="applied", record_id="00Q1") == 1


def test_one_final_change_among_many_refuses_the_whole_update() -> None:
    rows.change(state="queued"), rows.change(state="applied")
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.update(rule="other")
    assert not Change.objects.filter(rule="other").exists()


def test_a_save_that_changes_nothing_is_let_through() -> None:
    rows.change().save()


def test_a_change_is_read_back_and_goes_over_to_another_person() -> None:
    change = rows.change(person=rows.person())
    other = rows.person(email="other@example.com")
    change.refresh_from_db()
    change.person, change.read_back_at = other, change.created_at
    change.save(update_fields=["person", "read_back_at"])
    assert Change.objects.get(pk=change.pk).person == other


def test_an_event_and_a_user_may_go_but_never_be_exchanged() -> None:
    event, user = rows.event(), User.objects.create_user("dana")
    change = rows.change(event=event, decided_by=user)
    for exchange in ({"event": rows.event()}, {"decided_by": User.objects.create_user("noa")}):
        with pytest.raises(IntegrityError), transaction.atomic():
            update(**exchange)(change)
    event.delete()
    user.delete()
    change.refresh_from_db()
    assert (change.event, change.decided_by) == (None, None)


def test_a_seal_number_is_given_once() -> None:
    change = rows.change()
    assert update(seal_number=1)(change) == 1
    for number in (2, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            update(seal_number=number)(change)


def test_a_seal_is_never_edited_or_deleted() -> None:
    rows.change()
    seal_waiting()
    for act in (lambda: Seal.objects.update(digest="0" * 64), lambda: Seal.objects.all().delete()):
        with pytest.raises(IntegrityError, match="A seal is never"), transaction.atomic():
            act()


def test_a_finished_attempt_keeps_everything_but_its_calls() -> None:
    attempt = Attempt.objects.create(change=rows.failed(), number=1, batch="b", result=AttemptResult.SENDING)
    mine = Attempt.objects.filter(pk=attempt.pk)
    assert mine.update(result=AttemptResult.FAILED) == 1
    assert mine.update(exchanges=[]) == 1
    for act in (lambda: mine.update(result=AttemptResult.APPLIED), mine.delete):
        with pytest.raises(IntegrityError, match="A finished attempt"), transaction.atomic():
            act()


def test_nobody_can_edit_a_change_in_the_admin(admin_client: Any) -> None:
    change = rows.change()
    for page in ("change", "delete"):
        answer = admin_client.post(
            reverse(f"admin:audit_change_{page}", args=[change.pk]), {"post": "yes", "state": "queued"}
        )
        assert answer.status_code in (403, 405)
    assert Change.objects.filter(pk=change.pk, state="applied").exists()


def test_the_guards_are_there_after_migrate_and_come_back_after_they_were_lifted() -> None:
    assert missing_guards(connection) == []
    with guards_lifted(connection):
        assert len(missing_guards(connection)) == 6
        update(comment="lifted")(rows.change())
    assert missing_guards(connection) == []


@pytest.mark.parametrize(("room", "missing"), [("audit", 6), ("mappings", 0)])
def test_migrations_of_this_room_lift_the_guards_and_migrate_puts_them_up_again(room: str, missing: int) -> None:
    before_migrate(using="default", plan=[(Migration("0009_rebuilt", room), False)])
    assert len(missing_guards(connection)) == missing
    call_command("migrate", verbosity=0)
    assert missing_guards(connection) == []


def test_putting_up_guards_that_are_there_touches_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        put_up_guards(connection)
    assert not [query["sql"] for query in asked if query["sql"].startswith(("CREATE", "DROP"))]


@pytest.mark.django_db(transaction=True)
def test_a_database_can_be_emptied_as_a_whole() -> None:
    rows.change(event=rows.event(), person=rows.person())
    seal_waiting()
    call_command("flush", interactive=False, verbosity=0)
    assert not Change.objects.exists() and not Event.objects.exists() and not Person.objects.exists()
    assert missing_guards(connection) == []
