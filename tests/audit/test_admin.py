"""The audit log, the register of opt-outs and the inbox, as an operator sees them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from ulid import ULID

from audit.admin_changes import is_undoable
from audit.admin_words import source_of, what_of
from audit.models import Attempt, Change
from integrations.ids import first_id
from integrations.models import Event

from .rows import ERROR, change, connection, event, failed, opt_out, person, staff, told

pytestmark = pytest.mark.django_db
LOG = "/admin/audit/change/"


def page_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def press(row: Any, verb: str) -> str:
    return page_of(row).removesuffix("change/") + f"press/{verb}/"


def html(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200, url
    return page.content.decode()


def ids_on(client: Client, url: str) -> list[str]:
    return [row.pk for row in client.get(url).context["cl"].result_list]


def at(when: datetime) -> str:
    return str(ULID.from_timestamp(when.timestamp()))


# --- the list ---------------------------------------------------------------------------------------------------


def test_nothing_is_counted_to_show_the_audit_log(admin_client: Client) -> None:
    change(person=person())
    with CaptureQueriesContext(database) as queries:
        html(admin_client, LOG)
    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"]]


def test_older_changes_are_one_link_away(admin_client: Client) -> None:
    made = [change().pk for _ in range(120)]
    first = admin_client.get(LOG).context["cl"]
    second = admin_client.get(LOG + first.older).context["cl"]
    third = admin_client.get(LOG + second.older).context["cl"]
    shown = [row.pk for cl in (first, second, third) for row in cl.result_list]
    assert shown == made[::-1]
    assert (third.older, bool(third.newest)) == ("", True)


def test_a_longer_list_costs_no_more_queries(admin_client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            html(admin_client, LOG)
        return len(captured)

    change(person=person())
    few = queries()
    for number in range(20):
        change(person=person(email=f"p{number}@example.com"))
    assert queries() == few


@pytest.mark.parametrize(
    "query",
    [
        "q=dana@example.com",
        "q=Dana@Example.com ",
        "q=00Q000000000001",
        "state__exact=failed",
        "error_code=rejected",
        "connection=salesforce-two",
        "kind__exact=task",
        "rule=other-rule",
    ],
)
def test_the_log_is_searched_and_filtered(admin_client: Client, query: str) -> None:
    wanted = failed(
        person=person(record="00Q000000000001"), connection=connection("salesforce-two"), kind="task", rule="other-rule"
    )
    change(person=person(email="else@example.com"))
    assert ids_on(admin_client, f"{LOG}?{query}") == [wanted.pk]


def test_a_change_is_found_by_its_id_or_the_start_of_it(admin_client: Client) -> None:
    wanted = change(id="01ABCDEFGHJKMNPQRSTVWXYZ00")
    change(id="01ABCDEFZZJKMNPQRSTVWXYZ00")
    for term in (wanted.pk, wanted.pk.lower(), wanted.pk[:10]):
        assert ids_on(admin_client, f"{LOG}?q={term}") == [wanted.pk]


def test_days_are_filtered_by_id_and_time(admin_client: Client) -> None:
    noon = timezone.localtime().replace(year=2026, month=5, day=10, hour=12)
    days = {day: noon + timedelta(days=day) for day in (-1, 0, 1)}
    rows = {day: change(id=at(moment), created_at=moment).pk for day, moment in days.items()}
    assert ids_on(admin_client, LOG + "?created_at_from=2026-05-10&created_at_to=2026-05-10") == [rows[0]]
    assert ids_on(admin_client, LOG + "?created_at_from=2026-05-10") == [rows[1], rows[0]]
    assert ids_on(admin_client, LOG + "?created_at_to=2026-05-09") == [rows[-1]]
    assert len(ids_on(admin_client, LOG + "?created_at_from=nonsense&created_at_to=2026-99-99")) == 3


def test_the_first_id_of_a_moment_is_not_after_any_made_then() -> None:
    now = timezone.now()
    assert first_id(now) <= at(now) < first_id(now + timedelta(milliseconds=2))


def test_a_failed_change_says_why_in_the_list(admin_client: Client) -> None:
    failed()
    assert ERROR["message"] in html(admin_client, LOG)


# --- the page ---------------------------------------------------------------------------------------------------


def test_a_change_shows_before_after_and_where_it_came_from(admin_client: Client) -> None:
    entry = {
        "before": "Old Ltd",
        "after": "דוגמה",
        "from": ["customFields.company", "email"],
        "via": ["company_or_domain"],
    }
    unknown = {"before": None, "after": "Unknown", "from": "name", "via": [{"truncate": 80}], "synthetic": True}
    row = change(diff={"Company": entry, "LastName": unknown}, notes=["Title was cut to 128 characters."], created=True)
    page = html(admin_client, page_of(row))
    for said in ("Old Ltd", "דוגמה", "customFields.company · email", "company_or_domain", "truncate 80", "empty"):
        assert said in page
    assert page.count("fallback, not data") == 1
    assert "Title was cut to 128 characters." in page
    assert "Applied: Lead made at salesforce-main" in page


def test_a_failed_change_says_what_happened_and_what_to_do(admin_client: Client) -> None:
    page = html(admin_client, page_of(failed()))
    for said in ERROR.values():
        assert said in page


def test_values_of_a_record_are_text_and_not_html(admin_client: Client) -> None:
    entry = {"before": None, "after": "<script>alert(1)</script>", "from": "name", "via": [], "synthetic": False}
    row = change(diff={"Name": entry}, person=person(name="<b>bold</b>"))
    page = html(admin_client, page_of(row)) + html(admin_client, LOG)
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page


def test_attempts_show_the_vendors_answer_and_the_calls(admin_client: Client) -> None:
    call = {
        "method": "PATCH",
        "url": "https://example.com/Lead",
        "status": 400,
        "milliseconds": 12,
        "request": "{}",
        "response": "no",
    }
    row, other = failed(), failed()
    Attempt.objects.create(change=other, number=1, batch="B", rows=2, result="failed", exchanges=[call])
    Attempt.objects.create(
        change=row, number=1, batch="B", rows=2, result="failed", response={"success": False}, error=ERROR
    )
    page = html(admin_client, page_of(row))
    for said in ("PATCH https://example.com/Lead", "12 ms", "one call for 2 changes", "&quot;success&quot;: false"):
        assert said in page


def test_a_change_links_to_what_it_belongs_to(admin_client: Client) -> None:
    who, stop, heard = person(), opt_out(), event()
    earlier = change()
    row = change(person=who, event=heard, opt_out=stop, depends_on=earlier, replaces=earlier)
    page = html(admin_client, page_of(row))
    for linked in (who, stop, heard, earlier):
        assert page_of(linked) in page
    assert page_of(row) in html(admin_client, page_of(earlier))


def test_nobody_edits_or_deletes_a_change(admin_client: Client) -> None:
    row = change()
    assert admin_client.post(page_of(row), {"state": "failed"}).status_code == 405
    assert admin_client.post(f"{LOG}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{LOG}add/").status_code == 403
    assert Change.objects.get().state == "applied"


@pytest.mark.parametrize(
    ("row", "verbs"),
    [
        ({"state": "failed"}, {"retry", "cancel"}),
        ({"state": "held"}, {"approve", "reject", "cancel"}),
        ({"state": "queued"}, {"cancel"}),
        ({"state": "applied", "record_id": "00Q", "created": False}, {"undo"}),
        ({"state": "applied", "record_id": "00Q", "created": True}, set()),
        ({"state": "applied", "record_id": "00Q", "kind": "opt_out"}, set()),
        ({"state": "rejected"}, set()),
    ],
)
def test_only_buttons_that_fit_the_state_are_shown(admin_client: Client, row: dict[str, Any], verbs: set[str]) -> None:
    shown = admin_client.get(page_of(change(**row))).context["buttons"]
    assert {button.verb for button in shown} == verbs


def test_a_button_is_pressed_by_post_only(admin_client: Client) -> None:
    row = failed()
    assert admin_client.get(press(row, "retry")).status_code == 405
    assert admin_client.post(press(row, "retry")).status_code == 302
    row.refresh_from_db()
    assert row.state == "queued"


@pytest.mark.parametrize(
    ("state", "verb", "permission"),
    [
        ("failed", "retry", "retry_change"),
        ("held", "approve", "decide_change"),
        ("held", "reject", "decide_change"),
        ("queued", "cancel", "decide_change"),
    ],
)
def test_each_button_has_its_own_permission(state: str, verb: str, permission: str) -> None:
    row = change(state=state)
    assert staff("audit.view_change").post(press(row, verb)).status_code == 403
    row.refresh_from_db()
    assert row.state == state
    assert (
        staff("audit.view_change", f"audit.{permission}").post(press(row, verb), {"comment": "fine"}).status_code == 302
    )
    row.refresh_from_db()
    assert (row.state != state, row.comment) == (True, "fine")


def test_a_forged_post_is_refused() -> None:
    client = staff("audit.view_change", "audit.retry_change")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(press(failed(), "retry")).status_code == 403


def test_why_something_cannot_be_done_is_said(admin_client: Client) -> None:
    row = change(created=True, record_id="00Q")
    page = admin_client.post(press(row, "undo"), follow=True).content.decode()
    assert "deleting records is left to a person" in page
    assert not is_undoable(row)


# --- many at once -----------------------------------------------------------------------------------------------


def test_an_action_asks_before_it_acts(admin_client: Client) -> None:
    rows = [failed(person=person(email=f"p{number}@example.com")) for number in range(3)] + [change()]
    asked = admin_client.post(LOG, {"action": "retry_changes", "_selected_action": [row.pk for row in rows]})
    page = asked.content.decode()
    assert "Retry: 3 changes" in page
    assert "1 of those chosen are left alone. Their state: Applied." in page
    assert asked.context["unfit"] == [("Applied", 1)]
    assert "p1@example.com" in page
    assert Change.objects.filter(state="failed").count() == 3

    done = admin_client.post(f"{LOG}decide/retry/", {"ids": asked.context["ids"]}, follow=True)
    assert "Retry: 3 changes." in done.content.decode()
    assert Change.objects.filter(state="queued").count() == 3


def test_all_of_one_cause_are_retried_together(admin_client: Client) -> None:
    wanted = {failed().pk, failed().pk}
    failed(error_code="conflict")
    asked = admin_client.get(f"{LOG}decide/retry/?error_code=rejected&connection=salesforce-main")
    assert set(asked.context["ids"].split(",")) == wanted
    assert Change.objects.filter(state="failed").count() == 3


def test_what_is_refused_says_why(admin_client: Client) -> None:
    stop = told(opt_out(), None)
    page = admin_client.post(f"{LOG}decide/cancel/", {"ids": stop.pk}, follow=True).content.decode()
    assert "An opt-out is not taken back." in page


@pytest.mark.parametrize("verb", ["retry", "approve", "reject", "cancel"])
def test_deciding_many_needs_the_permission_too(verb: str) -> None:
    row = change(state="held" if verb != "retry" else "failed")
    client = staff("audit.view_change")
    assert client.get(f"{LOG}decide/{verb}/").status_code == 403
    assert client.post(f"{LOG}decide/{verb}/", {"ids": row.pk}).status_code == 403
    client.post(LOG, {"action": f"{verb}_changes", "_selected_action": [row.pk]})
    assert Change.objects.get().state == row.state


def test_an_unknown_decision_does_not_exist(admin_client: Client) -> None:
    assert admin_client.get(f"{LOG}decide/delete/").status_code == 404


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "queued"}, "Make or update Lead"),
        ({"created": True}, "Lead made"),
        ({"created": False}, "Lead updated"),
        ({"operation": "opt_out"}, "Lead opted out"),
        ({"operation": "add_to_campaign", "state": "failed"}, "Add to campaign"),
        ({"operation": "call:ping"}, "call:ping Lead done"),
    ],
)
def test_a_change_is_said_in_words(facts: dict[str, Any], words: str) -> None:
    assert what_of(Change(**{"object": "Lead", "operation": "upsert", "state": "applied", **facts})) == words


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"from": "name", "via": ["first_name"]}, "name → first_name"),
        ({"from": ["a", "b"], "via": ["trim", {"join": ";"}]}, "a · b → trim → join ;"),
        ({"from": "", "via": None}, ""),
    ],
)
def test_the_source_of_a_value_is_said_in_order(entry: dict[str, Any], text: str) -> None:
    assert source_of(entry).replace('<bdi dir="ltr">', "").replace("</bdi>", "") == text


# --- events -----------------------------------------------------------------------------------------------------


def test_an_event_shows_its_body_and_what_came_of_it(admin_client: Client) -> None:
    heard = event(body='{"name": "דנה"}'.encode(), person=person(), reason="")
    row = change(event=heard)
    page = html(admin_client, page_of(heard))
    assert "&quot;name&quot;: &quot;דנה&quot;" in page
    assert page_of(row) in page


@pytest.mark.parametrize("body", [b"\xff\xfe<html>", b"", b"[" * 5000, "א".encode("cp1255")])
def test_a_body_that_nobody_can_read_is_shown_all_the_same(admin_client: Client, body: bytes) -> None:
    heard = event(state="quarantined", type="", reason="The body is not JSON.", body=body)
    page = html(admin_client, page_of(heard))
    assert "Could not be read; the body is kept" in page
    assert "The body is not JSON." in page


def test_events_are_listed_with_the_changes_they_made(admin_client: Client) -> None:
    heard = event(person=person())
    change(event=heard)
    change(event=heard)
    (row,) = admin_client.get("/admin/integrations/event/").context["cl"].result_list
    assert (row.changes_made, row.email) == (2, "dana@example.com")


@pytest.mark.parametrize(
    "query", ["type=email.clicked", "state__exact=failed", "connection=salesforce-main", "q=dana@example.com"]
)
def test_events_are_searched_and_filtered(admin_client: Client, query: str) -> None:
    wanted = event(type="email.clicked", state="failed", connection=connection(), person=person())
    event()
    assert ids_on(admin_client, f"/admin/integrations/event/?{query}") == [wanted.pk]


def test_replay_makes_a_new_event_and_leads_to_it(admin_client: Client) -> None:
    heard = event(source="poll", body=b"", record={"email": "dana@example.com"})
    answer = admin_client.post(press(heard, "replay"))
    replayed = Event.objects.get(replay_of=heard)
    assert answer["Location"] == page_of(replayed)
    assert page_of(replayed) in html(admin_client, page_of(heard))


def test_an_event_that_cannot_be_read_again_says_why(admin_client: Client) -> None:
    heard = event(body=b"", state="quarantined")
    page = admin_client.post(press(heard, "replay"), follow=True).content.decode()
    assert "was pruned" in page
    assert Event.objects.count() == 1


def test_replay_needs_its_permission() -> None:
    assert staff("integrations.view_event").post(press(event(), "replay")).status_code == 403


# --- opt-outs ---------------------------------------------------------------------------------------------------


def test_the_register_says_when_each_system_was_told(admin_client: Client) -> None:
    told(opt_out(), timedelta(seconds=7))
    page = html(admin_client, "/admin/audit/optout/")
    assert "salesforce-main" in page
    assert "7 s" in page


@pytest.mark.parametrize(
    ("after", "facts", "answer"),
    [
        (timedelta(seconds=1), {}, "every system was told"),
        (None, {}, "a system still waits to be told"),
        (None, {"state": "failed", "error": ERROR}, "a system could not be told"),
    ],
)
def test_an_opt_out_answers_first(
    admin_client: Client, after: timedelta | None, facts: dict[str, Any], answer: str
) -> None:
    stop = opt_out(evidence={"vendor_event_id": "evt-77"})
    row = told(stop, after, **facts)
    page = html(admin_client, page_of(stop))
    assert answer in page
    assert "evt-77" in page
    assert page_of(row) in page


# --- who may look -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["audit/change", "audit/optout", "integrations/event", "integrations/person"])
def test_without_permission_nothing_is_shown(path: str) -> None:
    assert staff().get(f"/admin/{path}/").status_code == 403


def test_a_page_that_does_not_exist_says_so(admin_client: Client) -> None:
    page = admin_client.get(f"{LOG}01ABCDEFGHJKMNPQRSTVWXYZ00/change/", follow=True)
    assert page.status_code == 200
    assert "doesn’t exist" in page.content.decode()
