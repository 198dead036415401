"""Production refuses to start unsafe, and HTTPS is forced only where the public address is https."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SAFE = {"DEBUG": "0", "SECRET_KEY": "a-secret-of-this-test-that-is-long-enough-for-anybody", "CREDENTIAL_KEYS": KEY}
CHECK = ("manage.py", "check")
SERVE = ("-c", "import config.wsgi")
SHOW = (
    "-c",
    "import json; from config import settings as s; print(json.dumps({name: getattr(s, name) for name in "
    "('SECURE_SSL_REDIRECT', 'SESSION_COOKIE_SECURE', 'CSRF_COOKIE_SECURE', 'SECURE_HSTS_SECONDS', 'DEBUG')}))",
)


def run(command: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command], cwd=TOP, env=kept | environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("command", [CHECK, SERVE], ids=["manage.py", "wsgi"])
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "development-only-secret-key-never-use-it-in-production"}, "SECRET_KEY"),
        ({"CREDENTIAL_KEYS": ""}, "CREDENTIAL_KEYS"),
        ({"CREDENTIAL_KEYS": f"{KEY},not-a-fernet-key"}, "CREDENTIAL_KEYS: key 2"),
    ],
)
def test_production_refuses_a_missing_or_wrong_secret_and_names_it(
    command: tuple[str, ...], changed: dict[str, str], named: str
) -> None:
    done = run(command, SAFE | changed)
    assert done.returncode != 0
    assert named in done.stderr.splitlines()[-1]
    assert "not-a-fernet-key" not in done.stderr


def test_production_starts_with_its_secrets() -> None:
    done = run(SERVE, SAFE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("debug", "public_url", "is_forced"),
    [
        ("0", "https://crosswalk.example.com", True),
        ("0", "http://crosswalk.example.com", False),
        ("0", "http://127.0.0.1:8000", False),
        ("1", "https://crosswalk.example.com", False),
    ],
)
def test_https_is_forced_only_in_production_at_a_public_https_address(
    debug: str, public_url: str, is_forced: bool
) -> None:
    done = run(SHOW, SAFE | {"DEBUG": debug, "PUBLIC_URL": public_url})
    shown = json.loads(done.stdout)
    assert shown["SECURE_SSL_REDIRECT"] is shown["SESSION_COOKIE_SECURE"] is shown["CSRF_COOKIE_SECURE"] is is_forced
    assert (shown["SECURE_HSTS_SECONDS"] > 0) is is_forced


MAIL = (
    "-c",
    "import json; from config import settings as s; print(json.dumps({name: getattr(s, name, None) for name in "
    "('MAIL_IS_SET', 'EMAIL_HOST', 'EMAIL_PORT', 'EMAIL_HOST_USER', 'EMAIL_HOST_PASSWORD', 'EMAIL_USE_TLS', "
    "'DEFAULT_FROM_EMAIL')}))",
)
PUBLIC = {"PUBLIC_URL": "https://crosswalk.example.com"}


def test_a_mail_server_is_set_by_one_url() -> None:
    url = "smtp+tls://me%40example.com:p%2Fw@mail.example.com:587"
    done = run(MAIL, SAFE | PUBLIC | {"EMAIL_URL": url, "EMAIL_FROM": "Us <us@example.com>"})
    assert list(json.loads(done.stdout).values()) == [
        *(True, "mail.example.com", 587, "me@example.com", "p/w", True, "Us <us@example.com>")
    ]


def test_without_a_mail_server_nothing_is_set_but_the_sender() -> None:
    shown = json.loads(run(MAIL, SAFE | PUBLIC).stdout)
    assert shown["MAIL_IS_SET"] is False
    assert shown["DEFAULT_FROM_EMAIL"] == "Crosswalk <crosswalk@crosswalk.example.com>"


def test_a_mail_url_that_nobody_knows_is_refused_without_its_password() -> None:
    done = run(CHECK, SAFE | {"EMAIL_URL": "mail://me:hidden-word@mail.example.com"})
    assert done.returncode != 0 and "EMAIL_URL starts with" in done.stderr.splitlines()[-1]
    assert "hidden-word" not in done.stderr
