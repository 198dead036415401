"""Channels and notifications in the admin: made, tried out, shown without secrets, sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client

from audit.notifications.delivering import deliver_notifications
from audit.notifications.models import Notification, NotificationChannel
from tests.audit.rows import connection, person, staff

from .team import URL, Room, channel, note

pytestmark = pytest.mark.django_db
CHANNELS, NOTIFICATIONS = "/admin/audit/notificationchannel/", "/admin/audit/notification/"


def make(client: Client, **typed: Any) -> str:
    data = {"name": "sales-team", "where": URL, "alerts": ["connection_stopped", "changes_failed"], **typed}
    return client.post(f"{CHANNELS}add/", data, follow=True).content.decode()


def page_of(row: Any) -> str:
    return f"/admin/audit/{row._meta.model_name}/{row.pk}/change/"


def press(client: Client, row: Any, verb: str) -> Any:
    return client.post(f"/admin/audit/{row._meta.model_name}/{row.pk}/press/{verb}/", follow=True)


def test_a_channel_is_made_and_its_url_is_not_shown_again(admin_client: Client) -> None:
    page = make(admin_client)
    one = NotificationChannel.objects.get()
    assert (one.name, one.target, one.alerts) == ("sales-team", URL, ["connection_stopped", "changes_failed"])
    assert str(one.owner) == "admin"
    shown = [page, admin_client.get(page_of(one)).content.decode(), admin_client.get(CHANNELS).content.decode()]
    assert all("JSON, tool.example.com" in each and "secret-of-the-room" not in each for each in shown)
    assert "A connection stopped" in shown[2] and "Not tried yet" in shown[2]


def test_the_url_is_encrypted_at_rest() -> None:
    channel()
    with database.cursor() as cursor:
        cursor.execute("SELECT target FROM audit_notificationchannel")
        assert cursor.fetchone()[0].startswith("enc1:")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"where": ""}, "This field is required."),
        ({"where": "dbus://"}, "Nobody knows such a URL"),
        ({"where": "nobody"}, "is neither an e-mail address nor a URL"),
        ({"name": "Sales Team"}, "Enter a valid"),
        ({"alerts": ["everything"]}, "is not one of the available choices"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(admin_client: Client, typed: dict[str, Any], said: str) -> None:
    assert said in make(admin_client, **typed)
    assert not NotificationChannel.objects.exists()


def test_a_url_that_is_left_empty_stays_and_the_name_stays_always(admin_client: Client) -> None:
    one = channel()
    admin_client.post(page_of(one), {"name": "other", "where": "", "alerts": ["restarts"]})
    one.refresh_from_db()
    assert (one.name, one.target, one.alerts) == ("sales-team", URL, ["restarts"])
    admin_client.post(page_of(one), {"where": "ops@example.com"})
    one.refresh_from_db()
    assert (one.target, one.alerts) == ("ops@example.com", [])


def test_a_test_says_what_came_of_it(admin_client: Client, room: Room) -> None:
    one = channel()
    assert "A test was sent and taken." in press(admin_client, one, "test").content.decode()
    assert room.messages[0]["title"] == "A test from Crosswalk"
    room.always = 404
    page = press(admin_client, one, "test").content.decode()
    assert "did not come through. It answered 404." in page and "Does not work" in page


def test_a_test_by_e_mail_says_what_is_not_set(admin_client: Client, settings: Any) -> None:
    one = channel(target="ops@example.com")
    press(admin_client, one, "test")
    assert [sent.to for sent in mail.outbox] == [["ops@example.com"]]
    settings.MAIL_IS_SET = False
    assert "Put EMAIL_URL" in press(admin_client, one, "test").content.decode()


def test_a_channel_whose_key_is_lost_is_still_listed(admin_client: Client, settings: Any) -> None:
    one = channel()
    settings.CREDENTIAL_KEYS = ["v9Xk3yLm1rZ8QeYp0sT7uWcB4nD6fGhJ2aKxMvRqIoE="]
    assert "cannot be read" in admin_client.get(CHANNELS).content.decode()
    assert "CREDENTIAL_KEYS" in press(admin_client, one, "test").content.decode()


def test_the_list_says_who_was_told_about_whom_and_what_went_wrong(admin_client: Client) -> None:
    who = person(name="Dana <b>")
    connection()
    note(person=who, rule="hot-leads")
    note("nobody-there", "Another <script>")
    note(subject="Everything", alert="changes_failed", digest="daily")
    deliver_notifications()
    page = admin_client.get(NOTIFICATIONS).content.decode()
    for said in (
        "noa@example.com",
        "Dana &lt;b&gt;",
        "hot-leads",
        "nobody-there is no e-mail address",
        "Changes failed",
    ):
        assert said in page
    assert "<script>" not in page.partition("Another ")[2][:20]
    assert "1 notification was not sent" in admin_client.get("/admin/").content.decode()
    only = admin_client.get(f"{NOTIFICATIONS}?state__exact=failed").content.decode()
    assert "nobody-there" in only and "hot-leads" not in only
    assert "hot-leads" in admin_client.get(f"{NOTIFICATIONS}?q=noa@example.com").content.decode()


def test_what_failed_is_sent_again_from_its_page_and_from_the_list(admin_client: Client, room: Room) -> None:
    rows = [note("sales-team", f"Lead {n}") for n in range(3)]
    deliver_notifications()
    channel()
    assert "It was not sent" in admin_client.get(page_of(rows[0])).content.decode()
    assert "It is sent again now." in press(admin_client, rows[0], "retry").content.decode()
    data = {"action": "retry_selected", "_selected_action": [row.pk for row in rows]}
    assert "2 notifications are sent again." in admin_client.post(NOTIFICATIONS, data, follow=True).content.decode()
    deliver_notifications()
    assert len(room.calls) == 3 and not Notification.objects.exclude(state="sent").exists()
    page = admin_client.get(page_of(rows[0])).content.decode()
    assert "It was sent" in page and "press/retry/" not in page


def test_what_need_not_be_sent_any_more_is_in_the_way_no_more(admin_client: Client) -> None:
    connection()
    rows = [note("nobody-there", f"Lead {n}") for n in range(3)]
    deliver_notifications()
    assert "is in the way no more" in press(admin_client, rows[0], "leave").content.decode()
    data = {"action": "leave_selected", "_selected_action": [row.pk for row in rows]}
    assert "2 notifications stay unsent." in admin_client.post(NOTIFICATIONS, data, follow=True).content.decode()
    assert "not sent" not in admin_client.get("/admin/").content.decode()
    assert "It was left unsent" in admin_client.get(page_of(rows[0])).content.decode()
    press(admin_client, rows[0], "retry")
    assert Notification.objects.get(pk=rows[0].pk).state == "due"


def test_a_persons_page_shows_who_was_told_of_them(admin_client: Client) -> None:
    who = person()
    note(person=who)
    page = admin_client.get(f"/admin/integrations/person/{who.pk}/change/").content.decode()
    assert "noa@example.com told: A hot lead" in page


def test_each_button_needs_its_own_permission(room: Room) -> None:
    one, row = channel(), note("nobody-there")
    deliver_notifications()
    looks = staff("audit.view_notificationchannel", "audit.view_notification")
    for each, verb in ((one, "test"), (row, "retry"), (row, "leave")):
        page = looks.get(page_of(each))
        assert page.status_code == 200 and f"press/{verb}/" not in page.content.decode()
        assert press(looks, each, verb).status_code == 403
    assert looks.get(f"{CHANNELS}add/").status_code == 403
    assert looks.post(page_of(one), {"where": "ops@example.com"}).status_code == 403
    assert "retry_selected" not in looks.get(NOTIFICATIONS).content.decode()
    assert room.calls == []


@pytest.mark.parametrize("count", [1, 8])
def test_the_lists_ask_no_more_for_more_rows(
    admin_client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        note(subject=f"Lead {number}", person=person(email=f"p{number}@example.com"))
    with django_assert_max_num_queries(12):
        admin_client.get(NOTIFICATIONS)
