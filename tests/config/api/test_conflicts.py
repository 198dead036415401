"""Conflicts over the API: listed by filter, settled, undone; each with its permission."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from integrations.conflicts import ask_about_people, open_conflicts
from integrations.models import EventState, IdentityConflict, Person
from integrations.people import holders_of
from tests.audit.rows import connection, event, person

from .conftest import Caller

URL = "/api/v1/conflicts/"
NOA = ("email", "noa@example.com")


@pytest.fixture
def conflict(db: None) -> IdentityConflict:
    people = [person("דנה כהן", "dana@example.com"), person("Noa Levi", "noa@example.com")]
    waits = event(state=EventState.FAILED)
    question = ask_about_people(people, connection("getresponse-main", "getresponse"), "contact", [NOA])
    [opened] = open_conflicts([(waits, question)]).values()
    return opened


def settle(api: APIClient, conflict: IdentityConflict, **body: Any) -> Any:
    return api.post(f"{URL}{conflict.pk}/settle/", body, format="json")


def test_a_conflict_is_listed_with_what_tells_the_candidates_apart(api: APIClient, conflict: IdentityConflict) -> None:
    [row] = api.get(URL, {"state": "open", "kind": "people"}).json()["results"]
    assert [candidate["facts"]["name"] for candidate in row["candidates"]] == ["דנה כהן", "Noa Levi"]
    assert (row["connection"], row["settlement"], row["addresses"]) == ("getresponse-main", None, [list(NOA)])
    assert row["events"] == [conflict.events.get().pk]
    assert api.get(URL, {"state": "settled"}).json()["results"] == []


def test_a_conflict_is_settled_and_undone(api: APIClient, conflict: IdentityConflict) -> None:
    waits = conflict.events.get()
    dana, noa = Person.objects.order_by("pk")
    settled = settle(api, conflict, settlement="apart", chosen=[dana.pk]).json()
    assert (settled["state"], settled["settlement"], settled["events"]) == ("settled", "apart", [])
    waits.refresh_from_db()
    assert waits.state == EventState.NEW
    assert holders_of(NOA) == [dana, noa]
    assert api.post(f"{URL}{conflict.pk}/undo/").json()["state"] == "undone"
    assert holders_of(NOA) == [noa]


def test_what_was_settled_already_is_refused_with_the_reason(api: APIClient, conflict: IdentityConflict) -> None:
    settle(api, conflict, settlement="same")
    answer = settle(api, conflict, settlement="same")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "settled" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [{}, {"settlement": "guess"}, {"settlement": "same", "chosen": "x"}])
def test_a_body_that_is_no_decision_is_refused(api: APIClient, conflict: IdentityConflict, body: Any) -> None:
    assert settle(api, conflict, **body).status_code == 400


@pytest.mark.parametrize("verb", ["settle", "undo"])
def test_deciding_needs_its_own_permission(caller: Caller, conflict: IdentityConflict, verb: str) -> None:
    reader = caller("integrations.view_identityconflict")
    assert reader.get(f"{URL}{conflict.pk}/").status_code == 200
    assert reader.post(f"{URL}{conflict.pk}/{verb}/", {"settlement": "same"}, format="json").status_code == 403
    assert caller("integrations.view_person").get(URL).status_code == 403
