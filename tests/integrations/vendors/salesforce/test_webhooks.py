"""Outbound messages: only their ids count, and nothing in the XML can do harm."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from integrations.vendors.base import Notice
from integrations.vendors.errors import Unreadable
from integrations.vendors.salesforce.webhooks import ACKNOWLEDGEMENT, SESSION, SalesforceWebhooks
from tests.payloads import payload

LEAD = payload("salesforce", "outbound_lead").inbound
TEXT = LEAD.body.decode()


def parse(text: str) -> list[Notice]:
    return SalesforceWebhooks().parse(dataclasses.replace(LEAD, body=text.encode()))


def test_a_message_says_which_record_and_nothing_of_it() -> None:
    (notice,) = parse(TEXT)
    assert (notice.object, notice.record_id, notice.vendor_event_id) == (
        "Lead",
        "00Q000000000001AAA",
        "04l000000000001AAA",
    )
    assert (notice.record, notice.email) == ({}, "")  # it may be older than what was read since: it is read again
    assert "dana@example.com" not in str(notice.content)


def test_up_to_a_hundred_records_are_as_many_notices() -> None:
    one = TEXT[TEXT.index("<Notification>") : TEXT.index("</Notification>") + len("</Notification>")]
    many = "".join(one.replace("04l000000000001", f"04l000000000{n:03d}") for n in range(100))
    notices = parse(TEXT.replace(one, many))
    assert len({notice.vendor_event_id for notice in notices}) == 100


def test_other_objects_are_kept_and_ignored() -> None:
    assert parse(TEXT.replace("sf:Lead", "sf:Opportunity"))[0].type == ""


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("00Q000000000001AAA", "../../Contact"),
        lambda text: text.replace("<sf:Id>00Q000000000001AAA</sf:Id>", ""),
        lambda text: text.replace('xsi:type="sf:Lead"', ""),
        lambda text: text.replace("<sObject", "<other").replace("</sObject", "</other"),
    ],
)
def test_a_message_without_a_record_is_put_aside(spoil: Callable[[str], str]) -> None:
    (notice,) = parse(spoil(TEXT))
    assert notice.unreadable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<a/>",
        TEXT[:200],
        TEXT.replace("<Notification>", "<Message>").replace("</Notification>", "</Message>"),
        TEXT.replace("?>", '?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', 1).replace("dana@", "&b;@"),
        TEXT.replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">', 1),
        "<a>" * 100_000,
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
    ],
)
def test_what_is_no_such_message_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_a_session_that_comes_along_can_be_taken_out() -> None:
    body = TEXT.replace('<SessionId xsi:nil="true"/>', "<SessionId>00D5e!secret\n.value</SessionId>").encode()
    cleaned = SESSION.sub(b"", body)
    assert b"secret" not in cleaned
    assert SalesforceWebhooks().parse(dataclasses.replace(LEAD, body=cleaned))[0].record_id == "00Q000000000001AAA"
    assert b"secret" not in SESSION.sub(b"", body[: body.index(b".value")])  # cut short
    assert SESSION.sub(b"", LEAD.body) == LEAD.body


def test_the_acknowledgement_is_what_salesforce_waits_for() -> None:
    body, content_type = ACKNOWLEDGEMENT
    found = ElementTree.fromstring(body).find(".//{http://soap.sforce.com/2005/09/outbound}Ack")
    assert found is not None and found.text == "true"
    assert content_type.startswith("text/xml")
