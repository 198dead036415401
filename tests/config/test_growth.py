"""Each filter and search of the admin and of the API is carried by an index: the database's own plan says so.

What a list shows is read newest first and only as far as the page, so that no plan may sort or read a whole table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from audit.dashboard import causes, unfinished_opt_outs
from audit.tallies import counts_since
from config.health import _numbers
from integrations.admin_search import people_matching, people_named
from integrations.ids import new_id
from integrations.inbox import oldest_unplanned
from integrations.models import Address
from tests.audit import plans, rows

pytestmark = pytest.mark.django_db
ID = new_id()
DAY = "2026-05-10"

# list → filter → the index that carries it; "" is the primary key
ADMIN = {
    "audit/change": {
        "": "",
        "p={id}": "",
        "state__exact=failed": "change_state",
        "connection=salesforce-main": "change_connection",
        "kind__exact=contact": "change_kind",
        "rule=seldom": "change_rule",
        "error_code=rejected": "change_error_code",
        "braked=blank": "change_braked",
        "created_at_from={day}&created_at_to={day}": "",
        "state__exact=failed&created_at_to={day}": "change_state",
        "kind__exact=task&rule=seldom": "change_rule",
        "q=dana@example.com": "change_person",
        "q=00Q1": "change_person",
        "q={id}": "",
    },
    "integrations/event": {
        "": "",
        "state__exact=failed": "event_state",
        "connection=salesforce-main": "event_connection",
        "type=contact.moved": "event_type",
        "received_at_from={day}&received_at_to={day}": "",
        "q=dana@example.com": "event_person",
        "q={id}": "",
    },
    "audit/optout": {
        "": "",
        "state__exact=lifted": "opt_out_state",
        "channel__exact=sms": "opt_out_channel",
        "received_at_from={day}&received_at_to={day}": "",
        "q=dana@example.com": "opt_out_person",
        "q={id}": "",
    },
    "integrations/person": {"": "", "q=dana@example.com": "", "q={id}": ""},
    "integrations/identityconflict": {"state__exact=open": "conflict_state", "kind__exact=people": "conflict_kind"},
    "mappings/run": {"state__exact=failed": "run_state", "kind__exact=retry": "run_kind"},
}
API = {
    "changes": {
        "": "",
        "id={id}": "",
        "state=failed": "change_state",
        "connection=salesforce-main": "change_connection",
        "kind=contact": "change_kind",
        "rule=seldom": "change_rule",
        "object=Lead": "change_object",
        "operation=upsert": "change_operation",
        "mapping=subscriber-to-lead": "change_mapping",
        "mapping_version=3": "change_mapping_version",
        "record_id=00Q1": "change_record_id",
        "external_id=c1": "change_external_id",
        "error_code=rejected": "change_error_code",
        "braked=blank": "change_braked",
        "actor=dana": "change_actor",
        "actor=rule": "",
        "run={id}": "change_run_id",
        "event={id}": "change_event",
        "opt_out={id}": "change_opt_out",
        "person={id}": "change_person",
        "email=dana@example.com": "change_person",
        "search=dana@example.com": "change_person",
        "created_after={day}": "",
        "created_before={day}": "",
        "created_before={day}&state=failed": "change_state",
    },
    "events": {
        "state=failed": "event_state",
        "connection=salesforce-main": "event_connection",
        "type=contact.moved": "event_type",
        "object=contact": "event_object",
        "record_id=c1": "event_record_id",
        "vendor_event_id=e1": "event_vendor_event_id",
        "person={id}": "event_person",
        "email=dana@example.com": "event_person",
        "created_before={day}": "",
    },
    "optouts": {
        "state=lifted": "opt_out_state",
        "channel=sms": "opt_out_channel",
        "scope=list": "opt_out_scope",
        "address=dana@example.com": "opt_out_address",
        "rule=stop": "opt_out_rule",
        "connection=salesforce-main": "opt_out_connection",
        "person={id}": "opt_out_person",
        "created_before={day}": "",
    },
    "people": {"email=dana@example.com": "", "phone=%2B972501234567": "", "created_before={day}": ""},
    "conflicts": {
        "state=open": "conflict_state",
        "kind=people": "conflict_kind",
        "connection=salesforce-main": "conflict_connection",
        "person={id}": "conflict_person",
        "object=Lead": "conflict_object",
        "settlement=same": "conflict_settlement",
        "actor=dana": "conflict_actor",
    },
    "runs": {"state=failed": "run_state", "kind=retry": "run_kind"},
}
BY_PERSON = ("change_person", "event_person", "opt_out_person")  # several people; what they have is sorted
TABLES = {
    "audit/change": "audit_change",
    "integrations/event": "integrations_event",
    "audit/optout": "audit_optout",
    "integrations/person": "integrations_person",
    "integrations/identityconflict": "integrations_identityconflict",
    "mappings/run": "mappings_run",
    "changes": "audit_change",
    "events": "integrations_event",
    "optouts": "audit_optout",
    "people": "integrations_person",
    "conflicts": "integrations_identityconflict",
    "runs": "mappings_run",
}
GROWING = sorted({*TABLES.values(), "integrations_address", "integrations_link", "audit_attempt"})
WHOLE = re.compile(rf"(SCAN|Seq Scan on) ({'|'.join(GROWING)})(?! USING)")


def cases(lists: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(place, query, index) for place, queries in lists.items() for query, index in queries.items()]


def assert_carried(act: Callable[[], Any], table: str, index: str) -> None:
    """Nothing is read whole, and SQLite, which goes by the sizes it was told, reads the list by this index."""
    asked = plans.by_statement(act)
    assert not [line for _sql, lines in asked for line in lines if WHOLE.search(line)]
    pages = [lines for sql, lines in asked if f'FROM "{table}"' in sql and "LIMIT 51" in sql]
    assert pages
    if connection.vendor == "sqlite":
        wanted = index or f"sqlite_autoindex_{table}_1"
        assert any(wanted in line for line in pages[0])
        assert index in BY_PERSON or not [line for line in pages[0] if "ORDER BY" in line]


@pytest.fixture(autouse=True)
def _somebody() -> None:
    """Whom searches find: what finds nobody asks nothing more."""
    rows.person(email="dana@example.com", record="00Q1")
    Address.objects.create(person=rows.person("Noa", ""), kind="phone", value="+972501234567")


@pytest.mark.parametrize(("place", "query", "index"), cases(ADMIN))
def test_a_list_of_the_admin_is_carried_by_an_index(place: str, query: str, index: str, admin_client: Client) -> None:
    url = f"/admin/{place}/?{query.format(id=ID, day=DAY)}"
    assert_carried(lambda: admin_client.get(url), TABLES[place], index)


@pytest.mark.parametrize(("place", "query", "index"), cases(API))
def test_a_list_of_the_api_is_carried_by_an_index(place: str, query: str, index: str, admin_user: Any) -> None:
    api = APIClient()
    api.force_authenticate(admin_user)
    url = f"/api/v1/{place}/?{query.format(id=ID, day=DAY)}"
    assert_carried(lambda: api.get(url), TABLES[place], index)


DEEDS: dict[str, tuple[Callable[[], Any], str]] = {
    "unfinished opt-outs": (unfinished_opt_outs, "change_telling"),
    "opt-outs that wait, for /metrics": (lambda: list(_numbers(timezone.now())), "change_telling"),
    "failures by cause": (causes, "change_state"),
    "the oldest unplanned event": (oldest_unplanned, "event_state"),
    "people by name": (lambda: people_named("jane"), "person_name"),
    "records by id": (lambda: people_matching("00Q2"), "one_link_per_record"),
    "holders of an address": (lambda: people_matching("a@example.com"), "one_person_per_address"),
    "counts of unsealed changes": (lambda: counts_since(timezone.now()), "change_unsealed"),
}


NAMED = {  # unique keys, as SQLite calls them
    "one_link_per_record": "integrations_link_1",
    "one_person_per_address": "integrations_address_1",
}


@pytest.mark.parametrize(("act", "index"), DEEDS.values(), ids=DEEDS)
def test_what_pages_ask_besides_is_carried_by_an_index(act: Callable[[], Any], index: str) -> None:
    lines = plans.of(act)
    assert not [line for line in lines if WHOLE.search(line)]
    assert connection.vendor == "postgresql" or any(NAMED.get(index, index) in line for line in lines)
