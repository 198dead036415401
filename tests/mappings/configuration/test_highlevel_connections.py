"""HighLevel in the file: a refresh token is good once: a check does not use it up, other options do not lose it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integrations.clients import SharedToken, open_client
from integrations.models import Connection
from integrations.sandbox.highlevel.options import CLIENT_ID, CLIENT_SECRET, LOCATION
from integrations.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.django_db
FILE = """\
version: 1
connections:
  highlevel-main:
    vendor: highlevel
    base_url: {url}
    credentials: {{client_id: "{client_id}", client_secret: "{client_secret}", refresh_token: "${{HL_REFRESH}}"}}
    options: {{location_id: {location}}}
mappings:
  contact-to-contact:
    source: {{connection: highlevel-main, object: contact}}
    target: {{connection: highlevel-main, object: contact}}
    match: [email]
    fields:
      - {{from: email, to: email}}
"""


@pytest.fixture
def file(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One whose refresh token was given to somebody by hand."""
    sandbox.switch("highlevel", refresh_grace_seconds=0)
    refresh = {"token": "eyJgiven", "kind": "Location", "scope": ""}
    sandbox.store.shelf("highlevel").put("refresh", "eyJgiven", refresh)
    monkeypatch.setenv("HL_REFRESH", "eyJgiven")
    facts = {"url": sandbox.highlevel_url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    written = tmp_path / "crosswalk.yaml"
    written.write_text(FILE.format(location=LOCATION, **facts), encoding="utf-8")
    return written


def apply(file: Path, verb: str = "apply") -> None:
    call_command("config", verb, str(file))


def sign_ins(sandbox: RunningSandbox) -> int:
    return len([call for call in sandbox.calls("highlevel") if call["path"].endswith("/oauth/token")])


def test_a_file_that_is_planned_and_applied_uses_no_refresh_token_up(file: Path, sandbox: RunningSandbox) -> None:
    apply(file, "plan")
    apply(file)
    assert sign_ins(sandbox) == 0
    row = Connection.objects.get(name="highlevel-main")
    assert list(open_client(row).look_up("tags"))
    token = SharedToken(row.pk).current()
    assert token is not None and token.facts["refresh_token"] != "eyJgiven"


def test_the_same_file_again_and_other_options_keep_what_the_vendor_gave(file: Path, sandbox: RunningSandbox) -> None:
    apply(file)
    row = Connection.objects.get(name="highlevel-main")
    list(open_client(row).look_up("tags"))
    apply(file)
    file.write_text(file.read_text(encoding="utf-8").replace("location_id:", "app_id: ours, location_id:"))
    apply(file)
    row.refresh_from_db()
    assert row.options["app_id"] == "ours"
    assert list(open_client(row).look_up("tags"))


def test_a_new_refresh_token_is_used_instead_of_the_old_one(
    file: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(file)
    row = Connection.objects.get(name="highlevel-main")
    list(open_client(row).look_up("tags"))
    refresh: dict[str, Any] = {"token": "eyJnewer", "kind": "Location", "scope": ""}
    sandbox.store.shelf("highlevel").put("refresh", "eyJnewer", refresh)
    monkeypatch.setenv("HL_REFRESH", "eyJnewer")
    apply(file)
    assert SharedToken(row.pk).last() is None
    row.refresh_from_db()
    assert list(open_client(row).look_up("tags"))
    assert (sandbox.record("highlevel", "refresh", "eyJnewer") or {})["used"]
