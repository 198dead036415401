"""Signing in at a vendor in the browser: only who began it may end it, and the tokens are stored encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.messages import get_messages
from django.db import connection as database
from django.test import Client

from integrations import oauth
from integrations.clients import SharedToken, open_client
from integrations.models import AccessToken, Connection, Health
from integrations.sandbox.testing import RunningSandbox, running_sandbox
from tests.audit.rows import connection, staff

pytestmark = pytest.mark.django_db
NAME = "getresponse-main"
START, CALLBACK = f"/oauth/{NAME}/start", f"/oauth/{NAME}/callback"


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.reset()
    one_sandbox.switch("getresponse", oauth_redirect_url=f"http://testserver{CALLBACK}")
    return one_sandbox


@pytest.fixture
def row(sandbox: RunningSandbox) -> Connection:
    made = connection(NAME, "getresponse")
    made.base_url = sandbox.getresponse_url
    made.options = {"sign_in_page": f"{sandbox.getresponse_url}/oauth2_authorize.html"}
    made.credentials = {
        "flow": "authorization_code",
        "client_id": "sandbox-client-id",
        "client_secret": "sandbox-client-secret",
    }
    made.blocked = True
    made.save()
    return made


def begin(client: Client) -> str:
    """Where the vendor's page goes back to when the person agrees."""
    out = client.get(START)
    assert out.status_code == 302
    page = requests.get(out["Location"], timeout=5).text
    return page.split('href="')[1].split('"')[0].replace("&amp;", "&")


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_who_agrees_is_signed_in(admin_client: Client, row: Connection) -> None:
    answer = admin_client.get(begin(admin_client))
    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/integrations/connection/{row.pk}/change/"
    assert "Signed in" in said(answer)
    token = SharedToken(row.pk).current()
    assert token is not None and token.facts["refresh_token"]
    row.refresh_from_db()
    assert (row.blocked, row.health) == (False, Health.UNKNOWN)
    assert next(iter(open_client(row).look_up("lists"))).name


def test_the_tokens_are_encrypted_at_rest(admin_client: Client, row: Connection) -> None:
    admin_client.get(begin(admin_client))
    token = SharedToken(row.pk).current()
    with database.cursor() as cursor:
        cursor.execute("SELECT value FROM integrations_accesstoken")
        stored = str(cursor.fetchall())
    assert token is not None
    assert token.value not in stored and token.facts["refresh_token"] not in stored


def test_the_token_is_renewed_by_itself_later(admin_client: Client, row: Connection, sandbox: RunningSandbox) -> None:
    sandbox.switch("getresponse", token_seconds=1)
    admin_client.get(begin(admin_client))
    first = SharedToken(row.pk).last()
    assert SharedToken(row.pk).current() is None
    sandbox.switch("getresponse", token_seconds=3600)
    list(open_client(row).look_up("lists"))
    second = SharedToken(row.pk).current()
    assert first and second and first.facts["refresh_token"] != second.facts["refresh_token"]


@pytest.mark.parametrize("state", ["", "wrong", "ו"])
def test_a_wrong_state_asks_the_vendor_nothing(
    admin_client: Client, row: Connection, sandbox: RunningSandbox, state: str
) -> None:
    back = parse_qs(urlsplit(begin(admin_client)).query)
    answer = admin_client.get(CALLBACK, {"code": back["code"][0], "state": state})
    assert "was not begun here" in said(answer)
    assert not AccessToken.objects.exists()
    assert not [c for c in sandbox.calls("getresponse") if c["path"].endswith("/token")]


def test_a_state_is_good_once(admin_client: Client, row: Connection) -> None:
    url = begin(admin_client)
    admin_client.get(url)
    assert "was not begun here" in said(admin_client.get(url))


def test_a_state_is_good_for_ten_minutes(
    admin_client: Client, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begin(admin_client)
    later = oauth.time.time() + timedelta(minutes=11).total_seconds()
    monkeypatch.setattr(oauth.time, "time", lambda: later)
    assert "too long ago" in said(admin_client.get(url))


def test_another_browser_cannot_end_what_this_one_began(admin_client: Client, row: Connection) -> None:
    other = staff("integrations.change_connection")
    assert "was not begun here" in said(other.get(begin(admin_client)))


def test_a_state_of_one_connection_is_none_of_another(admin_client: Client, row: Connection) -> None:
    query = urlsplit(begin(admin_client)).query
    Connection.objects.filter(pk=row.pk).update(name="renamed")
    assert "was not begun here" in said(admin_client.get(f"/oauth/renamed/callback?{query}"))


def test_a_refusal_at_the_vendor_is_said(admin_client: Client, row: Connection) -> None:
    state = parse_qs(urlsplit(begin(admin_client)).query)["state"][0]
    answer = admin_client.get(CALLBACK, {"error": "access_denied", "state": state})
    assert "access_denied" in said(answer)
    assert not AccessToken.objects.exists()


def test_a_code_that_the_vendor_refuses_is_said_and_changes_nothing(admin_client: Client, row: Connection) -> None:
    state = parse_qs(urlsplit(begin(admin_client)).query)["state"][0]
    answer = admin_client.get(CALLBACK, {"code": "made-up", "state": state})
    assert "Authorization code" in said(answer)
    row.refresh_from_db()
    assert row.blocked and not AccessToken.objects.exists()


@pytest.mark.parametrize("path", [START, CALLBACK])
def test_who_may_not_change_connections_may_not_sign_in(client: Client, row: Connection, path: str) -> None:
    assert client.get(path)["Location"].startswith("/admin/login/")
    assert staff("integrations.view_connection").get(path).status_code == 403


def test_a_connection_with_a_key_has_no_sign_in(admin_client: Client, row: Connection) -> None:
    row.credentials = {"api_key": "gr-key-123456"}
    row.save()
    assert admin_client.get(START).status_code == 404
    assert admin_client.get("/oauth/nobody/start").status_code == 404
    page = admin_client.get(f"/admin/integrations/connection/{row.pk}/change/").content.decode()
    assert "Sign in at GetResponse" not in page.split("fieldset")[0]


def test_the_page_has_the_button_and_the_address_to_register(admin_client: Client, row: Connection) -> None:
    page = admin_client.get(f"/admin/integrations/connection/{row.pk}/change/").content.decode()
    assert "Sign in at GetResponse" in page
    assert CALLBACK in page
    pressed = admin_client.post(f"/admin/integrations/connection/{row.pk}/press/sign-in/")
    assert pressed["Location"] == START


def test_a_missing_client_id_is_said_before_anybody_leaves(admin_client: Client, row: Connection) -> None:
    row.credentials = {"flow": "authorization_code"}
    row.save()
    answer = admin_client.get(START)
    assert answer["Location"].endswith(f"{row.pk}/change/")
    assert "no client id" in said(answer)
