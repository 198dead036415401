"""What a log line shows, and what it must never show."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
import time
from typing import Any

import pytest

from config.logs import HIDDEN, JsonFormatter, TextFormatter, logging_config, redact, redact_value

SECRET = "s3cr3t-V4lue.42xyz"


def record(message: str, *args: object, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("audit.deliver", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}",
        f"'X-Auth-Token': 'api-key {SECRET}'",
        f"sent with Bearer {SECRET}",
        f'{{"client_secret": "{SECRET}", "grant_type": "x"}}',
        f"{{'refresh_token': '{SECRET}'}}",
        f"POST /token?grant_type=password&password={SECRET}&x=1",
        f"api_key={SECRET}",
        f"apiKey: {SECRET}",
        f"SECRET_KEY={SECRET}",
        f"Set-Cookie: sessionid={SECRET}; Path=/",
        f"Not Found: /webhooks/getresponse/{SECRET}/",
        f"postgres://crosswalk:{SECRET}@db.example.com/x",
        f"redis://:{SECRET}@127.0.0.1:6379/0",
        f"assertion eyJhbGciOiJSUzI1NiJ9.{SECRET.replace('.', '')}.c2ln",
        f"00D000000000001!{SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_a_secret_never_reaches_the_log(text: str) -> None:
    shown = redact(text)
    assert HIDDEN in shown
    assert not any(piece in shown for piece in SECRET.split("."))


@pytest.mark.parametrize(
    "text",
    [
        "dana@example.com was opted out",
        "the token was renewed",
        "queued 200 changes at https://example.com/services/data/v66.0/composite",
        "דנה כהן joined",
        "at 12:30:45 the key was refused",
    ],
)
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", ["a" * 100_000, "a-" * 50_000, 'token="' * 15_000, "://" * 30_000, "token" * 20_000])
def test_redacting_a_hostile_text_is_quick(text: str) -> None:
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 2


def test_a_value_under_a_secret_name_is_hidden_at_any_depth() -> None:
    value = {"list": [{"access_token": SECRET}], "name": "Dana", "count": 3, "ok": True, "none": None}
    assert redact_value(value) == {
        "list": [{"access_token": HIDDEN}], "name": "Dana", "count": 3, "ok": True, "none": None,
    }  # fmt: skip


def test_a_json_line_has_the_four_fields_and_what_extra_gave() -> None:
    line = json.loads(JsonFormatter().format(record("sent %s", "דנה", connection="salesforce-main", api_key=SECRET)))
    assert line.pop("ts").endswith("+00:00")
    assert (line.pop("connection"), line.pop("api_key")) == ("salesforce-main", HIDDEN)
    assert line == {"level": "info", "logger": "audit.deliver", "message": "sent דנה"}


def test_extra_cannot_replace_the_message_and_any_object_can_be_written() -> None:
    line = json.loads(JsonFormatter().format(record("kept", level="fake", odd=float("inf"), thing=object)))
    assert (line["message"], line["level"], line["odd"]) == ("kept", "info", "inf")


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_traceback_is_written_without_its_secrets(formatter: logging.Formatter) -> None:
    made = record("failed")
    try:
        raise ValueError(f"password={SECRET}")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = formatter.format(made)
    assert "Traceback" in line and "ValueError" in line and SECRET not in line


@pytest.mark.parametrize("format", ["text", "json"])
def test_the_configuration_is_accepted(format: str) -> None:
    logging.config.DictConfigurator(logging_config(format, debug=False))


def test_an_unknown_format_is_refused_with_both_names() -> None:
    with pytest.raises(ValueError, match="'xml'.*text or json"):
        logging_config("xml", debug=False)
