"""People in the admin: what is known of them, what happened, and Resync."""

from __future__ import annotations

import pytest
from django.test import Client

from mappings.models import Rule, Run
from tests.audit.rows import change, connection, event, opt_out, person, staff, told

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/person/"


def rule() -> Rule:
    hears = connection("getresponse-main", "getresponse")
    return Rule.objects.create(name="new-subscriber", connection=hears, event="contact.subscribed", actions=[])


def test_a_person_is_shown_with_records_and_what_happened(admin_client: Client) -> None:
    who = person(record="00Q000000000001")
    event(person=who)
    change(person=who, created=True)
    page = admin_client.get(f"{LIST}{who.pk}/change/").content.decode()
    for said in (
        "דנה כהן",
        "dana@example.com",
        "Lead 00Q000000000001",
        "Lead made at salesforce-main",
        "contact.subscribed",
    ):
        assert said in page
    assert "may be contacted" in page


def test_who_said_stop_is_shown_as_left_alone(admin_client: Client) -> None:
    who = person()
    told(opt_out(who))
    page = admin_client.get(f"{LIST}{who.pk}/change/").content.decode()
    assert "has said stop and is left alone" in page


@pytest.mark.parametrize("term", ["dana@example.com", "00Q000000000001", "+972501234567", "דנה", "דנה כ"])
def test_a_person_is_found_by_address_record_or_the_start_of_the_name(admin_client: Client, term: str) -> None:
    who = person(record="00Q000000000001")
    who.addresses.create(kind="phone", value="+972501234567")
    person("Jane Doe", "jane@example.com")
    found = admin_client.get(LIST, {"q": term}).context["cl"].result_list
    assert [row.pk for row in found] == [who.pk]


def test_nobody_is_found_by_a_part_of_an_address(admin_client: Client) -> None:
    person()
    assert not admin_client.get(LIST, {"q": "example.com"}).context["cl"].result_list


def test_resync_starts_a_run_for_this_person(admin_client: Client) -> None:
    rule()
    who = person()
    admin_client.post(f"{LIST}{who.pk}/press/resync/")
    assert [run.scope for run in Run.objects.all()] == [{"email": "dana@example.com"}]


@pytest.mark.parametrize(("email", "said"), [("", "without an e-mail address"), ("dana@example.com", "No rule is on.")])
def test_a_resync_that_cannot_start_says_why(admin_client: Client, email: str, said: str) -> None:
    who = person(email=email)
    page = admin_client.post(f"{LIST}{who.pk}/press/resync/", follow=True).content.decode()
    assert said in page
    assert not Run.objects.exists()


def test_resync_needs_its_permission() -> None:
    rule()
    who = person()
    assert staff("integrations.view_person").post(f"{LIST}{who.pk}/press/resync/").status_code == 403
    assert not Run.objects.exists()
