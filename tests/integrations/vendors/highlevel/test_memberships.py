"""Contacts are put into workflows and campaigns by one and the same action, and taken out again."""

from __future__ import annotations

import pytest

from integrations.sandbox.highlevel.seed import CAMPAIGN, WORKFLOW
from integrations.vendors.base import Write
from integrations.vendors.errors import NotFound, Rejected

from .location import SimulatedLocation


def member(contact_id: str, target: str, operation: str = "add_to_campaign", **params: str) -> Write:
    return Write("m1", "contact", operation, {"contactId": contact_id}, params={"campaign": target, **params})


@pytest.mark.parametrize(("target", "kind"), [(WORKFLOW, "workflow"), (CAMPAIGN, "campaign")])
def test_a_contact_joins_and_leaves(location: SimulatedLocation, target: str, kind: str) -> None:
    id = location.make()
    outcome = location.write_one(member(id, target))
    assert (outcome.error, outcome.record_id) == (None, id)
    (row,) = location.sandbox.records("highlevel", "enrolment")
    assert (row["kind"], row["id"], row["contactId"]) == (kind, target, id)
    assert location.write_one(member(id, target, "remove_from_campaign")).error is None
    assert location.sandbox.records("highlevel", "enrolment") == []


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (member("someContact", ""), Rejected),
        (member("someContact", WORKFLOW, status="Registered"), Rejected),
        (member("", WORKFLOW), NotFound),
        (member("gone00000000000000", WORKFLOW), NotFound),
        (member("gone00000000000000", "noSuchCampaign"), NotFound),
    ],
)
def test_what_cannot_be_done_is_said(location: SimulatedLocation, write: Write, error: type[Exception]) -> None:
    assert isinstance(location.write_one(write).error, error)
