"""Connections in the admin: secrets go in and never come out, and the test says what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from integrations.models import AccessToken, Connection
from integrations.vendors.base import Callback, Check
from integrations.vendors.base import Client as VendorClient
from integrations.vendors.errors import Conflict, Unavailable
from tests.audit.rows import SECRET, change, connection, event, staff
from tests.integrations.vendors.services import Bench, salesforce_account

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/connection/"
TYPED = "typed-secret-42"
FORM = {
    "name": "salesforce-main",
    "environment": "production",
    "mode": "read_write",
    "base_url": "https://acme.example.com",
}
NEW = {
    **FORM,
    "credential_flow": "client_credentials",
    "credential_client_id": "3MVG9",
    "credential_client_secret": TYPED,
}


def page_of(row: Connection) -> str:
    return f"{LIST}{row.pk}/change/"


def press(row: Connection, verb: str) -> str:
    return f"{LIST}{row.pk}/press/{verb}/"


def save(client: Client, row: Connection, **changes: str) -> str:
    """Save the form and return everything the browser was shown."""
    kept = {"name": row.name, "environment": row.environment, "mode": row.mode, "credential_client_id": "id"}
    return client.post(page_of(row), {**kept, **changes}, follow=True).content.decode()


class Vendor(VendorClient):
    """A vendor that answers what a test tells it to."""

    answers: dict[str, Any] = {}

    def __init__(self) -> None:
        super().__init__(salesforce_account(), Bench().services)
        self.calls: list[Any] = []

    def check(self, url: str = "") -> list[Check]:
        return list(self.answers["check"])

    def callbacks(self, url: str) -> list[Callback]:
        if isinstance(self.answers["callbacks"], Exception):
            raise self.answers["callbacks"]
        return list(self.answers["callbacks"])

    def register_callback(self, url: str, force: bool = False) -> Callback:
        self.calls.append(("register", force))
        if not force and any(not each.ours for each in self.callbacks(url)):
            raise Conflict("The account's only callback goes to another address.", help="Ask who uses it.")
        return Callback("1", url, (), ours=True)

    def remove_callback(self, callback_id: str) -> None:
        self.calls.append(("remove", callback_id))


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    made = Vendor()
    made.answers = {"check": [Check("Sign in", True, "Signed in.")], "callbacks": []}
    monkeypatch.setattr("integrations.admin_connections.open_client", lambda *args, **kwargs: made)
    monkeypatch.setattr("integrations.health.open_client", lambda *args, **kwargs: made)
    return made


# --- adding -----------------------------------------------------------------------------------------------------


def test_a_vendor_is_chosen_first(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}add/").content.decode()
    assert "?vendor=getresponse" in page
    assert "?vendor=salesforce" in page


def test_the_form_asks_for_what_the_vendor_needs(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}add/?vendor=getresponse").content.decode()
    assert "Generate API key" in page
    assert 'name="credential_api_key"' in page
    assert 'name="credential_private_key"' not in page


def test_a_connection_is_added_and_its_page_follows(admin_client: Client) -> None:
    answer = admin_client.post(f"{LIST}add/?vendor=salesforce", {**NEW, "option_api_version": "65.0"}, follow=True)
    row = Connection.objects.get()
    assert row.vendor == "salesforce"
    assert row.credentials == {"flow": "client_credentials", "client_id": "3MVG9", "client_secret": TYPED}
    assert row.options == {"api_version": "65.0"}
    assert answer.redirect_chain[-1][0] == page_of(row)
    assert f"/webhooks/salesforce/{row.webhook_token}/" in answer.content.decode()


def test_a_tool_that_is_never_called_has_no_address_and_no_limits(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}add/?vendor=webhook").content.decode()
    assert 'name="option_event"' in page and "Standard Webhooks" in page
    assert not [name for name in ("base_url", "limits", "opt_out_values") if f'name="{name}"' in page]
    typed = {"name": "zapier", "environment": "production", "mode": "read_write", "option_event": "form.submitted"}
    answer = admin_client.post(f"{LIST}add/?vendor=webhook", typed, follow=True)
    row = Connection.objects.get()
    assert (row.vendor, row.options, row.credentials) == ("webhook", {"event": "form.submitted"}, {})
    assert f"/webhooks/webhook/{row.webhook_token}/" in answer.content.decode()
    tested = admin_client.post(press(row, "test"), follow=True).content.decode()
    assert "Every call is form.submitted." in tested


def test_a_form_with_a_mistake_comes_back_without_the_secret(admin_client: Client) -> None:
    page = admin_client.post(f"{LIST}add/?vendor=salesforce", {**NEW, "name": "Not a name"}).content.decode()
    assert "3MVG9" in page
    assert TYPED not in page
    assert not Connection.objects.exists()


def test_a_private_key_keeps_its_lines_and_is_never_shown(admin_client: Client) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    typed = {**NEW, "credential_private_key": pem}
    admin_client.post(f"{LIST}add/?vendor=salesforce", typed)
    row = Connection.objects.get()
    assert row.credentials["private_key"].splitlines() == pem.splitlines()
    broken = admin_client.post(page_of(row), {**typed, "name": ""}).content.decode()
    assert "BEGIN PRIVATE KEY" not in broken


# --- changing ---------------------------------------------------------------------------------------------------


def test_secrets_are_in_no_page_no_history_and_no_message(admin_client: Client) -> None:
    row = connection()
    seen = save(admin_client, row, credential_client_secret=TYPED)
    seen += admin_client.get(page_of(row)).content.decode() + admin_client.get(LIST).content.decode()
    seen += admin_client.get(f"{LIST}{row.pk}/history/").content.decode()
    past = row.history.latest()
    seen += admin_client.get(f"{LIST}{row.pk}/history/{past.pk}/").content.decode()
    seen += " ".join(str(entry.change_message) for entry in LogEntry.objects.all())
    row.refresh_from_db()
    assert row.credentials["client_secret"] == TYPED
    assert "Leave empty to keep it." in seen
    assert SECRET not in seen
    assert TYPED not in seen


def test_an_empty_secret_keeps_what_is_stored(admin_client: Client) -> None:
    row = connection()
    save(admin_client, row, name="renamed")
    row.refresh_from_db()
    assert (row.name, row.credentials["client_secret"]) == ("renamed", SECRET)


def test_a_dash_forgets_an_optional_secret(admin_client: Client) -> None:
    row = connection()
    save(admin_client, row, credential_client_secret="-")
    row.refresh_from_db()
    assert "client_secret" not in row.credentials


@pytest.mark.parametrize(
    ("changes", "forgotten"),
    [
        ({"credential_client_secret": TYPED}, True),
        ({"base_url": "https://other.example.com"}, True),
        ({"environment": "sandbox"}, True),
        ({"mode": "read_only"}, False),
        ({"name": "renamed"}, False),
    ],
)
def test_the_token_is_forgotten_when_the_sign_in_changes(
    admin_client: Client, changes: dict[str, str], forgotten: bool
) -> None:
    row = connection()
    AccessToken.objects.create(connection=row, value={"value": "old"})
    save(admin_client, row, **changes)
    assert AccessToken.objects.exists() is not forgotten


def test_options_this_page_does_not_know_stay(admin_client: Client) -> None:
    row = connection(options={"made_by_hand": 1, "api_version": "60.0"})
    save(admin_client, row, opt_out_values='{"Lead": {"Status": "Unsubscribed"}}', option_marker_field="Marker__c")
    row.refresh_from_db()
    expected = {"made_by_hand": 1, "marker_field": "Marker__c", "opt_out_values": {"Lead": {"Status": "Unsubscribed"}}}
    assert row.options == expected


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ('[{"calls": 400, "per": "1 hour"}]', "is not a length of time"),
        ('[{"calls": 0, "per": "1h"}]', "must be 1 or more"),
        ('[{"calls": true, "per": "1h"}]', "must be 1 or more"),
        ('[{"calls": 5}]', "Each limit says calls and per"),
        ("[5]", "Each limit says calls and per"),
        ('{"calls": 5, "per": "1h"}', "Write a list"),
        ("400", "Write a list"),
        ("nonsense", "Enter a valid JSON"),
    ],
)
def test_limits_that_make_no_sense_are_refused(admin_client: Client, limits: str, said: str) -> None:
    row = connection()
    assert said in save(admin_client, row, limits=limits)
    row.refresh_from_db()
    assert row.limits == []


def test_limits_are_stored(admin_client: Client) -> None:
    row = connection()
    save(admin_client, row, limits='[{"calls": 400, "per": "10s"}]')
    row.refresh_from_db()
    assert row.limits == [{"calls": 400, "per": "10s"}]
    assert "400 calls in 10 s" in admin_client.get(page_of(row)).content.decode()


@pytest.mark.parametrize("values", ["[1]", '{"Lead": "Status"}', "5", "nonsense"])
def test_opt_out_values_of_a_wrong_shape_are_refused(admin_client: Client, values: str) -> None:
    row = connection()
    save(admin_client, row, opt_out_values=values)
    row.refresh_from_db()
    assert row.options == {}


def test_a_connection_whose_key_was_lost_can_be_entered_again(admin_client: Client, settings: Any) -> None:
    row = connection()
    settings.CREDENTIAL_KEYS = ["p5nBqyuJcHnjZ0H0pXL0W3JwM0mJ0m5s8m5vYw2m3Gg="]
    for url in (LIST, page_of(row), "/admin/"):
        assert admin_client.get(url).status_code == 200
    assert "a key is missing from CREDENTIAL_KEYS" in admin_client.get(LIST).content.decode()
    save(admin_client, row, credential_client_secret=TYPED)
    assert Connection.objects.only("credentials").get().credentials["client_secret"] == TYPED


# --- buttons ----------------------------------------------------------------------------------------------------


def test_the_connection_test_is_a_report(admin_client: Client, vendor: Vendor) -> None:
    row = connection()
    vendor.answers["check"] = [
        Check("Sign in", True, "Signed in."),
        Check("Opt-out field", False, "HasOptedOutOfEmail is hidden.", "Give the user Edit on the field."),
    ]
    page = admin_client.post(press(row, "test"), follow=True).content.decode()
    for said in (
        "HasOptedOutOfEmail is hidden.",
        "Give the user Edit on the field.",
        "does not work",
        "1 thing to mend",
    ):
        assert said in page
    row.refresh_from_db()
    assert row.health == "degraded"


def test_what_is_pushed_polled_or_invisible_is_said(admin_client: Client) -> None:
    page = admin_client.get(page_of(connection("getresponse-main", "getresponse"))).content.decode()
    for said in ("contact.subscribed", "Pushed", "contact.deleted", "Polled", "Cannot be seen", "every 15 minutes"):
        assert said in page


def test_a_new_webhook_url_replaces_the_old_one(admin_client: Client) -> None:
    row = connection()
    old = row.webhook_token
    page = admin_client.post(press(row, "new-token"), follow=True).content.decode()
    row.refresh_from_db()
    assert row.webhook_token != old
    assert old not in page
    assert row.webhook_token in page


@pytest.mark.parametrize("verb", ["test", "new-token", "register-callback", "remove-callback"])
def test_a_button_needs_post_and_permission(vendor: Vendor, verb: str) -> None:
    row = connection()
    assert (
        staff("integrations.view_connection", "integrations.change_connection").get(press(row, verb)).status_code == 405
    )
    assert staff("integrations.view_connection").post(press(row, verb)).status_code == 403
    assert vendor.calls == []


def test_who_may_only_look_sees_no_buttons_and_no_inputs_for_secrets() -> None:
    row = connection()
    page = staff("integrations.view_connection").get(page_of(row))
    assert page.status_code == 200
    assert page.context["buttons"] == []
    assert SECRET not in page.content.decode()


def test_a_foreign_callback_is_left_alone_unless_confirmed(admin_client: Client, vendor: Vendor) -> None:
    row = connection("getresponse-main", "getresponse")
    vendor.answers["callbacks"] = [Callback("account", "https://other.example.com/hook", ("contact.subscribed",))]
    page = admin_client.get(f"{LIST}{row.pk}/callbacks/").content.decode()
    assert "reports to another program" in page
    refused = admin_client.post(press(row, "register-callback"), follow=True).content.decode()
    assert "Ask who uses it." in refused
    taken = admin_client.post(press(row, "register-callback"), {"force": "1"}, follow=True).content.decode()
    assert "now reports to this connection" in taken
    assert vendor.calls == [("register", False), ("register", True)]


def test_a_callback_is_removed_by_its_id(admin_client: Client, vendor: Vendor) -> None:
    row = connection("getresponse-main", "getresponse")
    admin_client.post(press(row, "remove-callback"), {"callback": "account"})
    assert vendor.calls == [("remove", "account")]


def test_a_vendor_that_does_not_answer_is_said_plainly(admin_client: Client, vendor: Vendor) -> None:
    row = connection("getresponse-main", "getresponse")
    vendor.answers["callbacks"] = Unavailable("GetResponse could not be reached.")
    page = admin_client.get(f"{LIST}{row.pk}/callbacks/").content.decode()
    assert "GetResponse could not be reached." in page
    assert "tried again by itself" not in page


# --- deleting ---------------------------------------------------------------------------------------------------


def test_a_connection_in_use_is_not_deleted_and_says_by_what(admin_client: Client) -> None:
    place = connection()
    event(connection=place)
    changes = [change(connection=place) for _ in range(3)]
    page = admin_client.get(f"{LIST}{place.pk}/delete/").content.decode()
    assert "Events" in page and "Audit log" in page
    assert not any(row.pk in page for row in changes)
    admin_client.post(f"{LIST}{place.pk}/delete/", {"post": "yes"})
    assert Connection.objects.filter(pk=place.pk).exists()


def test_a_connection_that_nothing_uses_is_deleted(admin_client: Client) -> None:
    place = connection()
    AccessToken.objects.create(connection=place)
    admin_client.post(f"{LIST}{place.pk}/delete/", {"post": "yes"})
    assert not Connection.objects.exists()
