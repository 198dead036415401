"""A campaign takes a person once: members are looked up, then created or updated."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import Moved, NotFound, Rejected

from .org import DATA, client, rows, sent, soql

CAMPAIGN = "701000000000001AAA"
LEAD = "00Q000000000001AAA"
OTHER = "00Q000000000002AAA"
CONTACT = "003000000000001AAA"
MEMBER = "00v000000000001AAA"
QUERY = f"{DATA}/query"
MEMBERS = f"{DATA}/sobjects/CampaignMember"
STATUSES = rows(*({"CampaignId": CAMPAIGN, "Label": label} for label in ("Sent", "Registered")))


def join(person: str = LEAD, status: str = "Registered", campaign: str = CAMPAIGN, **more: Any) -> Write:
    field = "ContactId" if person.startswith("003") else "LeadId"
    facts: dict[str, Any] = {"operation": "add_to_campaign", "params": {"campaign": campaign, "status": status}, **more}
    return Write(f"change-{person}", "CampaignMember", values={field: person}, **facts)


def member(person: str = LEAD, status: str = "Sent") -> dict[str, Any]:
    field = "ContactId" if person.startswith("003") else "LeadId"
    return {"Id": MEMBER, "CampaignId": CAMPAIGN, "LeadId": None, "ContactId": None, field: person, "Status": status}


def org(*members: dict[str, Any]) -> None:
    """Answers the two questions: the campaign's statuses, then its members."""
    responses.get(QUERY, json=STATUSES)
    responses.get(QUERY, json=rows(*members))


def write(*writes: Write) -> list[Outcome]:
    return client().write(writes)


@responses.activate
def test_a_lead_joins_with_a_status_by_two_questions_and_one_create() -> None:
    org()
    responses.post(MEMBERS, status=201, json={"id": MEMBER, "success": True, "errors": []})
    (outcome,) = write(join())
    assert (outcome.id, outcome.record_id, outcome.created) == (f"change-{LEAD}", MEMBER, True)
    assert sent() == {"CampaignId": CAMPAIGN, "LeadId": LEAD, "Status": "Registered"}
    assert "FROM CampaignMemberStatus WHERE CampaignId IN" in soql(0)
    assert f"(LeadId IN ('{LEAD}'))" in soql(1)


@responses.activate
def test_many_join_with_the_same_number_of_questions() -> None:
    org()
    people = [f"00Q{n:012}AAA" for n in range(100)]
    results = [{"id": f"00v{n}", "success": True, "errors": []} for n in range(100)]
    responses.post(f"{DATA}/composite/sobjects", json=results)
    outcomes = write(*map(join, people))
    assert len(responses.calls) == 3
    assert [o.record_id for o in outcomes] == [r["id"] for r in results]


@responses.activate
def test_a_member_with_another_status_is_updated_by_its_id() -> None:
    org(member(CONTACT))
    responses.patch(f"{MEMBERS}/{MEMBER}", status=204)
    (outcome,) = write(join(CONTACT))
    assert (outcome.record_id, outcome.created, sent()) == (MEMBER, False, {"Status": "Registered"})


@responses.activate
@pytest.mark.parametrize("status", ["Registered", "registered", ""])
def test_a_member_who_needs_no_change_is_left_alone(status: str) -> None:
    org(member(status="Registered"))
    (outcome,) = write(join(status=status))
    assert (outcome.record_id, outcome.created, outcome.error) == (MEMBER, False, None)
    assert len(responses.calls) == 2


@responses.activate
def test_without_a_status_the_campaigns_default_is_taken() -> None:
    org()
    responses.post(MEMBERS, status=201, json={"id": MEMBER, "success": True})
    write(join(status=""))
    assert "Status" not in sent()


@responses.activate
def test_an_unknown_status_is_refused_with_the_list_of_valid_ones() -> None:
    org()
    error = write(join(status="Attended"))[0].error
    assert isinstance(error, Rejected)
    assert "Sent, Registered" in error.help
    assert len(responses.calls) == 2


@responses.activate
def test_a_campaign_that_shows_no_statuses_is_said() -> None:
    responses.get(QUERY, json=rows())
    error = write(join())[0].error
    assert isinstance(error, Rejected)
    assert "campaign" in error.fields


@responses.activate
def test_already_a_member_is_success_when_somebody_was_faster() -> None:
    org()
    words = [{"errorCode": "DUPLICATE_VALUE", "message": "Bereits Kampagnenmitglied."}]
    responses.post(MEMBERS, status=400, json=words)
    responses.get(QUERY, json=rows(member(status="Registered")))
    (outcome,) = write(join())
    assert (outcome.record_id, outcome.created, outcome.error) == (MEMBER, False, None)


@responses.activate
def test_a_converted_lead_says_which_contact_it_became() -> None:
    org()
    words = [{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead"}]
    responses.post(MEMBERS, status=400, json=words)
    responses.get(QUERY, json=rows({"Id": LEAD, "IsConverted": True, "ConvertedContactId": CONTACT}))
    error = write(join())[0].error
    assert isinstance(error, Moved)
    assert error.record_id == CONTACT


@responses.activate
@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (join(campaign=""), Rejected),
        (join(campaign="Spring webinar"), Rejected),
        (Write("c", "CampaignMember", "add_to_campaign", {}, params={"campaign": CAMPAIGN}), NotFound),
    ],
)
def test_what_names_no_campaign_or_person_is_refused_without_a_call(refused: Write, kind: type[Exception]) -> None:
    assert isinstance(write(refused)[0].error, kind)
    assert len(responses.calls) == 0


@responses.activate
def test_a_member_is_removed_and_a_stranger_needs_no_removal() -> None:
    org(member())
    responses.delete(f"{MEMBERS}/{MEMBER}", status=204)
    first, second = write(*(join(p, operation="remove_from_campaign") for p in (LEAD, OTHER)))
    assert (first.record_id, second.record_id, second.error) == (MEMBER, OTHER, None)
    assert [c.request.method for c in responses.calls] == ["GET", "GET", "DELETE"]


@responses.activate
def test_ids_of_15_and_18_characters_are_the_same_person() -> None:
    org(member(status="Registered"))
    assert write(join(LEAD[:15], campaign=CAMPAIGN[:15]))[0].record_id == MEMBER
