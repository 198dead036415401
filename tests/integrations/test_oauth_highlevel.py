"""Signing in at HighLevel in the browser: it may not give the state back, so that the session must do."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.contrib.messages import get_messages
from django.test import Client

from integrations import oauth
from integrations.clients import SharedToken, open_client
from integrations.health import account_mended
from integrations.models import AccessToken, Connection
from integrations.sandbox.highlevel.options import CLIENT_ID, CLIENT_SECRET, LOCATION
from integrations.sandbox.testing import RunningSandbox
from tests.audit.rows import connection, staff

pytestmark = pytest.mark.django_db
NAME = "highlevel-main"
START, CALLBACK = f"/oauth/{NAME}/start", f"/oauth/{NAME}/callback"
BACK = f"http://testserver{CALLBACK}"


@pytest.fixture
def row(sandbox: RunningSandbox, settings: Any) -> Connection:
    settings.PUBLIC_URL = "http://testserver"
    sandbox.switch("highlevel", oauth_redirect_url=BACK)
    made = connection(NAME, "highlevel")
    made.base_url = sandbox.highlevel_url
    page = f"{sandbox.highlevel_url}/v2/oauth/chooselocation"
    made.options = {
        "location_id": LOCATION,
        "install_url": f"{page}?response_type=code&client_id={CLIENT_ID}&version_id=698d",
    }
    made.credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    made.save()
    return made


def begin(client: Client) -> str:
    """Where the vendor's page goes back to when the person chose a location."""
    out = client.get(START)
    assert out.status_code == 302
    page = requests.get(out["Location"], timeout=5).text
    return page.split('href="')[1].split('"')[0].replace("&amp;", "&")


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.mark.parametrize("echoes", [True, False])
def test_who_began_it_is_signed_in_with_or_without_the_state(
    admin_client: Client, row: Connection, sandbox: RunningSandbox, echoes: bool
) -> None:
    sandbox.switch("highlevel", echo_state=echoes)
    url = begin(admin_client)
    assert ("state=" in url) == echoes
    assert "Signed in" in said(admin_client.get(url))
    token = SharedToken(row.pk).current()
    assert token is not None and token.facts["location_id"] == LOCATION
    assert list(open_client(row).look_up("tags"))


def test_without_the_state_it_still_must_have_begun_here_and_is_good_once(
    admin_client: Client, row: Connection
) -> None:
    url = begin(admin_client)
    assert "was not begun here" in said(staff("integrations.change_connection").get(url))
    assert "Signed in" in said(admin_client.get(url))
    assert "was not begun here" in said(admin_client.get(url))


@pytest.mark.parametrize("state", ["", "wrong", "ו"])
def test_a_wrong_state_is_not_taken_for_none(admin_client: Client, row: Connection, state: str) -> None:
    code = begin(admin_client).split("code=")[1]
    assert "was not begun here" in said(admin_client.get(CALLBACK, {"code": code, "state": state}))
    assert not AccessToken.objects.exists()


def test_without_the_state_it_is_good_for_ten_minutes(
    admin_client: Client, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begin(admin_client)
    later = oauth.time.time() + 11 * 60
    monkeypatch.setattr(oauth.time, "time", lambda: later)
    assert "too long ago" in said(admin_client.get(url))


def test_another_location_than_the_connections_is_not_kept(admin_client: Client, row: Connection) -> None:
    row.options = {**row.options, "location_id": "another"}
    row.save()
    assert "another sub-account" in said(admin_client.get(begin(admin_client)))
    assert not AccessToken.objects.exists()


def test_other_options_ask_for_another_access_token_and_nobody_signs_in_again(
    admin_client: Client, row: Connection
) -> None:
    admin_client.get(begin(admin_client))
    first = SharedToken(row.pk).current()
    account_mended(row)
    assert SharedToken(row.pk).current() is None
    assert list(open_client(row).look_up("tags"))
    second = SharedToken(row.pk).current()
    assert first and second and first.value != second.value


def test_the_page_has_the_button_and_the_address_to_register(admin_client: Client, row: Connection) -> None:
    page = admin_client.get(f"/admin/integrations/connection/{row.pk}/change/").content.decode()
    assert "Sign in at HighLevel" in page
    assert CALLBACK in page
