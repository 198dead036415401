"""The connection test reads only: which scopes are there, what the limits really are, and what to do."""

from __future__ import annotations

from integrations.vendors.base import Check

from .location import SimulatedLocation

ALL = "contacts.readonly contacts.write locations/customFields.readonly"


def checks(location: SimulatedLocation, **options: str) -> dict[str, Check]:
    return {check.name: check for check in location.client(options={**location.options, **options}).check()}


def test_a_healthy_location_says_what_works(location: SimulatedLocation) -> None:
    location.make()
    found = checks(location)
    assert all(check.ok for check in found.values())
    assert found["Contacts"].detail == "Can be read: 1."
    assert "Sandbox Clinic" in found["Location"].detail
    assert "Asia/Jerusalem" in found["Location"].detail
    assert "users.readonly" in found["Scopes"].detail
    assert "Shown by the first write only: contacts.write" in found["Scopes"].detail
    assert "100 calls in 10 seconds; 199990 of 200000 calls are left today" in found["Limits"].detail
    assert "task.updated" in found["Events"].detail
    searches = ("/contacts/search", "/tasks/search")
    assert [call for call in location.calls() if not call.startswith("GET") and not call.endswith(searches)] == []
    assert len(location.calls()) <= 12  # of 25 that a trial account allows in ten seconds


def test_a_scope_that_is_missing_is_named_with_what_does_not_work_without_it(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", scopes=["contacts.readonly", "locations.readonly", "workflows.readonly"])
    scopes = checks(location)["Scopes"]
    assert (scopes.ok, scopes.required) == (False, False)
    assert "users.readonly (nobody can be assigned by name)" in scopes.detail
    assert "users.readonly" in scopes.help and "Private Integrations" in scopes.help
    assert "workflows.readonly" not in scopes.help


def test_scopes_that_somebody_entered_are_believed(location: SimulatedLocation) -> None:
    scopes = checks(location, scopes="contacts.readonly users.readonly")["Scopes"]
    assert (scopes.ok, scopes.required) == (False, True)
    assert "contacts.write (nothing can be written)" in scopes.detail
    held = checks(location, scopes=ALL)["Scopes"]
    assert "contacts.write" in held.detail.partition("Missing")[0]


def test_a_refused_token_is_the_only_thing_said(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", token="another")
    (only,) = checks(location).values()
    assert (only.name, only.ok) == ("Contacts", False)
    assert "Private Integrations" in only.help


def test_a_wrong_location_is_the_only_thing_said(location: SimulatedLocation) -> None:
    (only,) = checks(location, location_id="elsewhere").values()
    assert "Location ID" in only.help


def test_a_trial_account_is_told_to_enter_its_smaller_limits(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", rate_max=25, daily_limit=10_000, daily_remaining=9_000)
    limits = checks(location)["Limits"]
    assert limits.ok
    assert "25 calls in 10 seconds; 9000 of 10000" in limits.detail
    assert "25 calls per 10s, 10000 per 1d" in limits.help


def test_a_location_that_allows_several_contacts_with_one_address_is_warned_of(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", allow_duplicates=True)
    found = checks(location)["Location"]
    assert (found.ok, found.required) == (False, False)
    assert "Allow Duplicate Contact" in found.help


def test_one_answer_that_says_nothing_of_scopes_leaves_the_scope_open(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", fail_path="/users/")
    scopes = checks(location)["Scopes"]
    assert scopes.ok
    assert "users.readonly" in scopes.detail.partition("Shown by the first write only")[2]
