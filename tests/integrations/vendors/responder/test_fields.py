"""What a subscriber's answer means: its times, personal fields, names and, above all, its opt-outs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.vendors.responder.fields import (
    account_level,
    by_field,
    consent,
    opted_in_at,
    path,
    plain_text,
    read_moment,
    split_name,
    subscriber,
)

RAW = {"id": 555001, "first": "דנה", "last": "בן גוריון", "email": "dana@example.com", "phone": "0522345678"}


@pytest.mark.parametrize(
    ("raw", "level"),
    [
        ({"unsubscribed": 1}, "account"),
        ({"unsubscribed": "1"}, "account"),
        ({"unsubscribed": True}, "account"),
        ({"unsubscribed": 0}, "active"),
        ({"account_status": "0"}, "account"),
        ({"account_status": 1}, "active"),
        ({"account_status": "לא פעיל"}, "account"),
        ({"status": "Unsubscribed"}, "account"),
        ({"status": "blocked"}, "blocked"),
        ({"status": "bounced"}, "bounced"),
        ({"status": "active"}, "active"),
        ({"status": "active", "unsubscribed": 1}, "account"),
        ({"unsubscribed": 0, "account_status": "blocked"}, "blocked"),
        ({"status": 1}, ""),
        ({"status": 0}, ""),
        ({"status": True}, ""),
        ({"unsubscribed": None}, ""),
        ({"unsubscribed": "maybe"}, ""),
        ({"status": {"x": 1}}, ""),
        ({}, ""),
    ],
)
def test_an_opt_out_is_read_from_whichever_field_shows_it(raw: dict[str, Any], level: str) -> None:
    assert account_level(raw) == level


def test_what_is_unknown_is_no_statement_about_consent() -> None:
    assert consent({"status": "???"}) == {}
    assert "unsubscribed" not in subscriber({**RAW, "status": 1}, {})


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"unsubscribed": 1}, {"opt_out_level": "account", "unsubscribed": True}),
        ({"status": "blocked"}, {"opt_out_level": "blocked", "unsubscribed": True}),
        ({"status": "bounced"}, {"opt_out_level": "bounced", "unsubscribed": False}),
        ({"sms_unsubscribed": 1}, {"sms_unsubscribed": True}),
        ({"sms_status": "active", "unsubscribed": 0},
         {"opt_out_level": "active", "unsubscribed": False, "sms_unsubscribed": False}),
    ],
)  # fmt: skip
def test_levels_are_kept_apart(raw: dict[str, Any], said: dict[str, Any]) -> None:
    assert consent(raw) == said


def test_the_status_of_a_list_is_no_statement_about_the_account() -> None:
    assert "unsubscribed" not in subscriber({**RAW, "status": "unsubscribed", "subscriber_id": 7}, {}, of_list=True)


def test_a_row_of_a_list_is_the_person_it_is_about() -> None:
    assert subscriber({**RAW, "id": 9001, "subscriber_id": "555001"}, {}, of_list=True)["id"] == "555001"


def test_personal_fields_have_their_names_and_dates_are_dates() -> None:
    raw = {**RAW, "personal_fields": {"1250": "תל אביב", "108488": {"year": 1980, "month": 3, "day": 4}, "9": {"a": 1}}}
    record = subscriber(raw, {"1250": "עיר", "108488": "תאריך לידה"})
    assert record["customFields"] == {"עיר": "תל אביב", "תאריך לידה": "1980-03-04", "9": {"a": 1}}
    assert path(record, "customFields.עיר") == (True, "תל אביב")
    assert path(record, "customFields.\u200fעיר\u200e") == (True, "תל אביב")
    assert path(record, "customFields.אין") == (False, None)


@pytest.mark.parametrize(("held", "seen"), [([], {}), ({}, {}), (None, {})])
def test_an_empty_set_of_personal_fields_is_an_array(held: Any, seen: dict[str, Any]) -> None:
    assert subscriber({**RAW, "personal_fields": held}, {})["customFields"] == seen


def test_a_page_without_personal_fields_says_nothing_of_them() -> None:
    assert "customFields" not in subscriber(RAW, {})


def test_exact_case_comes_first() -> None:
    record = {"customFields": {"City": "a", "city": "b"}}
    assert path(record, "customFields.city") == (True, "b")
    assert path({"customFields": {"City": "a"}}, "customFields.CITY") == (True, "a")


def test_a_field_is_found_under_the_name_that_a_mapping_writes() -> None:
    record = subscriber({**RAW, "personal_fields": {"1": "x"}}, {"1": "עיר"})
    assert by_field(record, ["customFields.עיר", "name", "nothing"])["customFields.עיר"] == "x"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-07-15 10:00:00", "2026-07-15T07:00:00"),
        ("2026-01-15 10:00:00", "2026-01-15T08:00:00"),
        ("2026-07-15T10:00:00+00:00", "2026-07-15T10:00:00"),
    ],
)
def test_times_are_israels_in_summer_and_winter(written: str, utc: str) -> None:
    assert read_moment(written) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", None, 7, "0000-00-00 00:00:00"])
def test_what_is_no_time_is_none(text: Any) -> None:
    assert read_moment(text) is None
    assert "created" not in subscriber({**RAW, "created": text}, {})


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("דוד בן גוריון", ("דוד", "בן גוריון")),
        ("  דנה ", ("דנה", "")),
        ("ד״ר  יעל כהן", ("ד״ר", "יעל כהן")),
        ("", ("", "")),
    ],
)
def test_the_first_name_ends_at_the_first_blank(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_invisible_marks_go_and_gershayim_stay() -> None:
    assert plain_text("\u202bצה״ל\u202c \u200fבע־מ\ufeff ") == "צה״ל בע־מ"
    assert plain_text("שׁ") == plain_text("\ufb2a")
    assert [plain_text(each) for each in (None, True, {}, [1], 7)] == ["", "", "", "", "7"]


# --- opting in ------------------------------------------------------------------------------------------------------

MADE = "2026-07-15T07:00:00+00:00"


@pytest.mark.parametrize(
    ("context", "when"),
    [
        ({}, None),
        ({"signed_up": True}, MADE),
        ({"signed_up": True, "signed_up_at": "2026-08-01T07:00:00+00:00"}, "2026-08-01T07:00:00+00:00"),
        ({"signed_up_at": "2026-08-01T07:00:00+00:00"}, None),
    ],
)
def test_only_a_webhook_that_reports_sign_ups_proves_one(context: dict[str, Any], when: str | None) -> None:
    said = opted_in_at({"created": MADE}, context)
    assert said == (datetime.fromisoformat(when) if when else None)


def test_somebody_of_whom_no_time_is_known_opted_in_at_no_time() -> None:
    assert opted_in_at({}, {"signed_up": True}) is None
