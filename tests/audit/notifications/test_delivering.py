"""How notifications are sent: by e-mail and to channels, again by the ladder, gathered, and never silently dropped."""

from __future__ import annotations

import re
import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
import requests
import responses
from django.core import mail
from django.utils import timezone

from audit.models import OptOut
from audit.notifications import delivering
from audit.notifications.delivering import MAX_ATTEMPTS, ROUND, claim, deliver_notifications, retry
from audit.notifications.models import Notification, NotificationChannel
from audit.notifications.recording import next_digest
from audit.notifications.targets import masked, problem_of_target
from audit.notifications.wording import LISTED
from audit.retention import prune
from audit.settling import LADDER
from integrations.ids import first_id
from tests.audit.rows import connection, person
from tests.clocks import mended

from .team import URL, Room, channel, let_time_pass, note

pytestmark = pytest.mark.django_db


def test_an_e_mail_says_what_happened_and_leads_to_the_person() -> None:
    who = person()
    row = note(body="Call <b>her</b> & him.\nhttps://evil.example.com/", person=who)
    assert deliver_notifications() == 1
    [sent] = mail.outbox
    link = f"https://crosswalk.example.com/admin/integrations/person/{who.pk}/change/"
    assert (sent.to, sent.subject, sent.from_email) == (["noa@example.com"], "A hot lead", "crosswalk@example.com")
    assert sent.body == f"Call <b>her</b> & him.\nhttps://evil.example.com/\n\nAbout דנה כהן:\n{link}"
    [(html, kind)] = sent.alternatives
    assert kind == "text/html" and "Call &lt;b&gt;her&lt;/b&gt; &amp; him." in html
    assert html.count("<a href") == 1 and f'<a href="{link}">' in html
    assert sent.extra_headers["Message-ID"] == f"<{row.id}@crosswalk.example.com>"
    row.refresh_from_db()
    assert (row.state, row.attempts, row.problem, row.lease) == ("sent", 1, "", "")
    assert row.sent_at and deliver_notifications() == 0


def test_a_subject_is_one_line() -> None:
    note(subject="One\r\nBcc: everybody@example.com " + "x" * 300)
    deliver_notifications()
    assert mail.outbox[0].subject.startswith("One Bcc:") and len(mail.outbox[0].subject) == 200


def test_without_a_mail_server_it_fails_and_says_what_to_set(settings: Any) -> None:
    settings.MAIL_IS_SET = False
    row = note()
    deliver_notifications()
    row.refresh_from_db()
    assert row.state == "failed" and "Put EMAIL_URL" in row.problem and "restart" in row.problem
    settings.MAIL_IS_SET = True
    assert retry([row]) == 1
    deliver_notifications()
    row.refresh_from_db()
    assert (row.state, row.problem, len(mail.outbox)) == ("sent", "", 1)
    assert retry([row]) == 0


def test_a_channel_is_told_at_its_url(room: Room) -> None:
    channel()
    row = note("sales-team")
    deliver_notifications()
    [message] = room.messages
    assert (message["title"], message["message"]) == ("A hot lead", "Call her.")
    assert Notification.objects.get(pk=row.pk).state == "sent"
    told = NotificationChannel.objects.get()
    assert told.last_at and told.last_result == ""


def test_a_channel_of_addresses_is_one_e_mail() -> None:
    channel(target="Noa@example.com, dan@example.com")
    note("sales-team")
    deliver_notifications()
    assert [sent.to for sent in mail.outbox] == [["noa@example.com", "dan@example.com"]]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (404, "It answered 404."),
        (302, "It answered 302."),
        (requests.ReadTimeout(), "It could not be reached, or did not take the message."),
    ],
)
def test_what_did_not_come_through_is_sent_again_and_no_secret_is_told(room: Room, answer: Any, words: str) -> None:
    channel()
    row = note("sales-team")
    room.always = answer
    deliver_notifications()
    row.refresh_from_db()
    assert (row.state, row.problem, row.attempts) == ("due", words, 1)
    assert deliver_notifications() == 0  # not before its time
    assert "secret" not in NotificationChannel.objects.get().last_result
    room.always = 200
    let_time_pass()
    deliver_notifications()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.problem) == ("sent", 2, "")


def test_the_ladder_is_that_of_changes_and_ends(room: Room) -> None:
    channel()
    row = note("sales-team")
    room.always = 500
    for rung in LADDER:
        deliver_notifications()
        row.refresh_from_db()
        assert row.postponed_at is not None
        assert 0.8 * rung <= (row.next_attempt_at - row.postponed_at).total_seconds() <= 1.2 * rung
        let_time_pass()
    deliver_notifications()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.problem) == ("failed", MAX_ATTEMPTS, "It answered 500.")


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), "due", "The mail server refused the user or the password"),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no such user x@example.com")}), "failed", "550 no such user •••"),
        (smtplib.SMTPRecipientsRefused({"a": (451, b"later")}), "due", "The mail server refused it: 451 later"),
        (smtplib.SMTPSenderRefused(552, b"too big", "a"), "failed", "552 too big"),
        (smtplib.SMTPServerDisconnected(), "due", "The mail server of EMAIL_URL could not be reached."),
        (ConnectionRefusedError(), "due", "The mail server of EMAIL_URL could not be reached."),
        (TimeoutError(), "due", "The mail server of EMAIL_URL could not be reached."),
    ],
)
def test_what_a_mail_server_refuses_for_good_is_not_tried_again(error: Exception, state: str, words: str) -> None:
    row = note()
    with mock.patch("django.core.mail.EmailMultiAlternatives.send", side_effect=error):
        deliver_notifications()
    row.refresh_from_db()
    assert row.state == state and words in row.problem


def test_a_way_that_is_down_is_not_tried_with_everything_that_waits(room: Room) -> None:
    channel()
    rows = [note("sales-team", f"Lead {n}") for n in range(ROUND + 5)]
    room.always = 500
    assert deliver_notifications() == ROUND
    mails = [note()]
    assert deliver_notifications() == len(mails)
    assert len(room.calls) == ROUND
    assert Notification.objects.get(pk=rows[-1].pk).attempts == 0


def test_an_unknown_recipient_fails_with_what_to_do_and_is_found_later(room: Room) -> None:
    row = note("sales-team")
    deliver_notifications()
    row.refresh_from_db()
    assert row.state == "failed" and "sales-team is no e-mail address, no channel" in row.problem
    channel()
    retry([row])
    deliver_notifications()
    assert len(room.calls) == 1


def test_a_channel_that_cannot_be_decrypted_fails_alone(room: Room, settings: Any) -> None:
    channel()
    settings.CREDENTIAL_KEYS = ["v9Xk3yLm1rZ8QeYp0sT7uWcB4nD6fGhJ2aKxMvRqIoE="]
    row, other = note("sales-team"), note()
    deliver_notifications()
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, other.state) == ("failed", "sent") and "CREDENTIAL_KEYS" in row.problem


TEAMS = (
    "https://prod-1.westus.logic.azure.com:443/workflows/643e69f83c8944a/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abc"
)
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz-_12"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (SLACK, ["&lt;\\u200b!channel&gt;", "https://crosswalk.example.com/admin/integrations/person/"]),
        (DISCORD, ["@\\u200beveryone", "<\\u200b!channel>"]),
        (TEAMS, ["AdaptiveCard", "](<https://crosswalk.example.com/admin/integrations/person/"]),
    ],
)
def test_chats_are_told_in_their_own_words_and_nobody_can_call_a_whole_room(target: str, said: list[str]) -> None:
    channel(target=target)
    row = note("sales-team", "@everyone", body="<!channel> wrote", person=person())
    with responses.RequestsMock() as web:
        web.add(responses.POST, re.compile(f"https://{urlsplit(target).hostname}"), body="ok")
        deliver_notifications()
        body = web.calls[0].request.body
    sent = body if isinstance(body, str) else body.decode()
    assert all(each in sent for each in said), sent
    assert "@everyone" not in sent and "<!channel>" not in sent and "github" not in sent
    row.refresh_from_db()
    assert row.state == "sent"


# --- never to the person themselves -----------------------------------------------------------------------------


def test_what_a_record_gives_never_leads_to_the_person_themselves() -> None:
    who = person(email="dana@example.com")
    own = note("dana@example.com", person=who, is_filled=True)
    typed = note("dana@example.com", "typed by hand", person=who)
    deliver_notifications()
    own.refresh_from_db()
    typed.refresh_from_db()
    assert (own.state, typed.state) == ("failed", "sent") and "the person's own address" in own.problem
    assert [sent.subject for sent in mail.outbox] == ["typed by hand"]


def test_what_a_record_gives_never_leads_to_somebody_who_said_stop_also_not_by_retry() -> None:
    other = person(email="stopped@example.com")
    source = connection("getresponse-main", "getresponse")
    OptOut.objects.create(person=other, address="stopped@example.com", connection=source, heard_at=timezone.now())
    row = note("stopped@example.com", person=person(), is_filled=True, digest="hourly")
    fine = note("stopped@example.com", "typed", digest="hourly")
    let_time_pass()
    deliver_notifications()
    retry([row])
    deliver_notifications()
    row.refresh_from_db()
    fine.refresh_from_db()
    assert (row.state, fine.state) == ("failed", "sent") and "said stop" in row.problem
    assert "A hot lead" not in mail.outbox[0].body


# --- digests ----------------------------------------------------------------------------------------------------


def test_a_digest_is_one_message_for_each_recipient() -> None:
    who = person()
    for subject in ("First", "Second"):
        note(subject=subject, digest="hourly", person=who)
    note("dan@example.com", "Third", digest="hourly")
    note("noa@example.com", "By itself", body="")
    deliver_notifications()
    assert [sent.subject for sent in mail.outbox] == ["By itself"]
    let_time_pass()
    assert deliver_notifications() == 3
    subjects = {sent.to[0]: sent.subject for sent in mail.outbox[1:]}
    assert subjects == {
        "noa@example.com": "2 notifications: First, …",
        "dan@example.com": "1 notification: Third",
    }
    body = next(sent.body for sent in mail.outbox[1:] if sent.to == ["noa@example.com"])
    assert body.index("First") < body.index("Second") and body.count(f"/person/{who.pk}/") == 2
    assert not Notification.objects.filter(state="due").exists()


def test_a_long_digest_lists_the_first_and_counts_the_rest() -> None:
    for number in range(LISTED + 7):
        note(subject=f"Lead {number}", digest="daily")
    let_time_pass()
    deliver_notifications()
    [sent] = mail.outbox
    assert sent.body.endswith("And 7 more.") and sent.body.count("Lead ") == LISTED


def test_what_comes_after_the_hour_goes_with_the_next_digest() -> None:
    note(subject="Early", digest="hourly")
    let_time_pass()
    note(subject="Late", digest="hourly")
    deliver_notifications()
    assert [sent.subject for sent in mail.outbox] == ["1 notification: Early"]


@pytest.mark.parametrize(
    ("digest", "now", "due"),
    [
        ("hourly", "2026-05-04T10:20:00", "2026-05-04T11:00:00"),
        ("hourly", "2026-05-04T11:00:00", "2026-05-04T12:00:00"),
        ("daily", "2026-05-04T04:59:00", "2026-05-04T05:00:00"),  # eight o'clock in Jerusalem
        ("daily", "2026-05-04T05:00:00", "2026-05-05T05:00:00"),
        ("daily", "2026-10-24T06:00:00", "2026-10-25T06:00:00"),  # the night when the clock goes back
    ],
)
def test_digests_go_by_the_clock_on_the_wall(settings: Any, digest: str, now: str, due: str) -> None:
    settings.TIME_ZONE = "Asia/Jerusalem"
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with timezone.override("Asia/Jerusalem"):
        assert next_digest(digest, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


# --- crashes, clocks, retention ---------------------------------------------------------------------------------


def test_a_worker_that_dies_leaves_it_to_another() -> None:
    note()
    with mock.patch("audit.notifications.delivering.settle", side_effect=SystemExit), pytest.raises(SystemExit):
        deliver_notifications()
    assert deliver_notifications() == 0
    Notification.objects.update(lease_until=timezone.now() - timedelta(minutes=5))
    deliver_notifications()
    row = Notification.objects.get()
    assert (row.state, row.attempts) == ("sent", 2)


def test_who_lost_the_lease_settles_nothing() -> None:
    row = note()
    claimed = claim()
    Notification.objects.update(lease="of another worker")
    delivering.settle([delivering.Message(claimed)], [delivering.Reply("late")])
    row.refresh_from_db()
    assert (row.state, row.problem) == ("due", "")


def test_nobody_waits_for_a_time_that_a_wrong_clock_gave() -> None:
    row = note()
    ahead = timezone.now() + timedelta(days=30)
    Notification.objects.update(next_attempt_at=ahead, postponed_at=ahead - timedelta(seconds=5))
    mended()
    assert deliver_notifications() == 1
    row.refresh_from_db()
    assert row.state == "sent"


def test_a_digest_that_waits_for_its_hour_is_left_waiting() -> None:
    note(digest="daily")
    mended()
    assert deliver_notifications() == 0


def test_old_ones_are_pruned() -> None:
    old = note(id=first_id(timezone.now() - timedelta(days=91)))
    new = note()
    prune()
    assert list(Notification.objects.values_list("pk", flat=True)) == [new.pk] != [old.pk]


# --- where a channel leads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("a@example.com, b@example.com", "a@example.com, b@example.com"),
        (URL, "JSON, tool.example.com"),
        (URL + "?key=k1", "JSON, tool.example.com"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack, hooks.slack.com"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#sales", "Slack"),
        ("http://127.0.0.1:9000/hook", "JSON, 127.0.0.1"),
    ],
)
def test_a_target_is_shown_without_its_secret(target: str, shown: str) -> None:
    assert problem_of_target(target) == ""
    assert masked(target) == shown


@pytest.mark.parametrize(
    "target",
    ["", "nobody", "a@example.com, nobody", "http://tool.example.com/", "dbus://", "syslog://", "nonsense://x"],
)
def test_a_target_that_nothing_can_be_sent_to_is_refused(target: str) -> None:
    assert problem_of_target(target)


def test_the_query_of_a_webhook_stays_its_own() -> None:
    from audit.notifications.targets import service_of

    assert service_of(URL + "?key=k1&rto=600").params == {"key": "k1", "rto": "600"}
    assert service_of(URL + "?rto=600").request_timeout == (5.0, 10.0)
    assert service_of(URL).redirects is False
