"""What stands in each table: for each column an expression over `n`, the number of the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template

from django.db.models import Model

from audit.models import Attempt, Change, Chore, OptOut, Seal, Tally
from audit.retention import ATTEMPTS
from integrations.models import Address, Connection, Event, IdentityConflict, Link, Person
from mappings.models import Run

from . import texts
from .dialects import Dialect, either, one_of, padded, ulid
from .story import LANES, SEAL, STOPS, UNSEALED, WAITING, Story

RUNS = 20


@dataclass(frozen=True)
class Table:
    model: type[Model]
    count: int
    columns: Mapping[str, str]
    where: str = ""


def name_of(person: str) -> str:
    return f"{one_of(person, texts.FIRST_NAMES)} || ' ' || {one_of(f'({person}) / 7', texts.LAST_NAMES)}"


def email_of(person: str) -> str:
    return f"'person' || {padded(person, 8)} || '@example.com'"


def contact_of(person: str) -> str:
    return f"'c' || {padded(person, 8)}"


def lead_of(person: str) -> str:
    return f"'00Q5e' || {padded(person, 10)} || 'AAA'"


def filled(text: str, **parts: str) -> str:
    """The text as an expression, its `$parts` being expressions."""
    return "'" + Template(text).substitute({name: f"' || {value} || '" for name, value in parts.items()}) + "'"


def tables(story: Story, dialect: Dialect) -> Iterator[Table]:
    """In the order in which they point at each other."""
    places = dict(Connection.objects.values_list("name", "pk"))
    yield from _people(story, dialect, places)
    yield _runs(story, dialect)
    yield _events(story, dialect, places)
    yield _opt_outs(story, dialect, places)
    yield _changes(story, dialect, places)
    yield _attempts(story, dialect)
    yield _seals(story, dialect)
    yield _tallies(story, dialect)
    yield _chore(story)
    yield _conflicts(story, dialect, places)


def _people(story: Story, dialect: Dialect, places: Mapping[str, int]) -> Iterator[Table]:
    whose, since = {"person_id": story.person_id("n")}, dialect.moment.format(story.person_moment("n"))
    lead = filled(texts.LEAD, email=email_of("n"), name=name_of("n"), contact=contact_of("n"))
    records = {
        "getresponse-main": {"object": "'contact'", "record_id": contact_of("n")},
        "salesforce-main": {"object": "'Lead'", "record_id": lead_of("n"), "snapshot": dialect.json.format(lead)},
    }
    yield Table(Person, story.people, {"id": whose["person_id"], "name": name_of("n"), "created_at": since})
    yield Table(Address, story.people, {**whose, "kind": "'email'", "value": email_of("n"), "created_at": since})
    phone = f"'+9725' || {padded('n', 8)}"
    yield Table(Address, story.people // 5, {**whose, "kind": "'phone'", "value": phone, "created_at": since})
    for place, record in records.items():
        seen = {"created_at": since, "seen_at": since, "connection_id": str(places[place])}
        yield Table(Link, story.people, {**whose, **record, **seen})


def _runs(story: Story, dialect: Dialect) -> Table:
    moment = dialect.moment.format(story.event_moment(f"n * {story.events // RUNS}"))
    scope = dialect.json.format("""'{"rule": "new-subscriber"}'""")
    columns = {"id": _run_id("n"), "state": "'done'", "done": "500", "scope": scope}
    return Table(Run, RUNS, {**columns, **dict.fromkeys(("created_at", "started_at", "finished_at"), moment)})


def _run_of(story: Story, event: str) -> str:
    """One in twenty events is of a run."""
    run = f"(({event}) - 1) / {story.events // RUNS} + 1"
    return either((f"({event}) % 20 = 0", _run_id(run)), otherwise="''")


def _run_id(run: str) -> str:
    return f"'01RAN00000' || {padded(run, 16)}"


def _events(story: Story, dialect: Dialect, places: Mapping[str, int]) -> Table:
    waits, emptied, rare = f"n > {story.events - WAITING}", f"n <= {story.emptied}", f"n = {story.events // 2}"
    person = story.person_of_event("n")
    moment = dialect.moment.format(story.event_moment("n"))
    facts = {"email": email_of(person), "name": name_of(person), "contact": contact_of(person)}
    said = filled(texts.CONTACT, **facts)
    body = filled(texts.BODY, **facts)
    is_stop = f"n % {STOPS} = 0 OR ({waits} AND n % 3 = 0)"
    state = either(
        (waits, "'new'"),
        ("n % 150 = 5", "'quarantined'"),
        ("n % 100 = 3", "'failed'"),
        ("n % 10 = 9", "'ignored'"),
        otherwise="'planned'",
    )
    is_emptied = f"{emptied} AND n % 100 <> 3 AND n % 150 <> 5"
    kind = either(
        (rare, "'contact.email_changed'"),
        (is_stop, "'contact.unsubscribed'"),
        (waits, "'contact.subscribed'"),
        otherwise=one_of("n", texts.TYPES),
    )
    number = f"'e' || {padded('n', 10)}"
    columns = {
        "id": story.event_id("n"),
        "connection_id": either((rare, str(places["getresponse-small"])), otherwise=str(places["getresponse-main"])),
        "type": kind,
        "vendor_type": kind,
        "object": "'contact'",
        "record_id": contact_of(person),
        "state": state,
        "reason": either(
            ("n % 100 = 3", "'GetResponse did not answer.'"),
            ("n % 10 = 9", "'No rule that is on listens to this.'"),
            otherwise="''",
        ),
        "source": either(("n % 20 = 0", "'resync'"), otherwise="'webhook'"),
        "lane": either((waits, one_of("n", LANES)), (is_stop, "'optouts'"), otherwise="'events'"),
        "vendor_event_id": number,
        "dedupe_key": f"'id:' || {dialect.sha256.format(number)}",
        "order_key": dialect.sha256.format(f"'email:' || {email_of(person)}"),
        "body": either((is_emptied, dialect.bytes.format("''")), otherwise=dialect.bytes.format(body)),
        "body_hash": dialect.sha256.format(f"'body' || {number}"),
        "content_type": "'application/json'",
        "method": "'POST'",
        "record": dialect.json.format(either((is_emptied, "'{}'"), otherwise=said)),
        "person_id": either((waits, "NULL"), otherwise=story.person_id(person)),
        "run_id": _run_of(story, "n"),
        "attempts": either((waits, "0"), otherwise="1"),
        "planned_at": either((waits, "NULL"), otherwise=moment),
        "pruned_at": either((is_emptied, moment), otherwise="NULL"),
        **dict.fromkeys(("occurred_at", "received_at", "next_attempt_at"), moment),
    }
    return Table(Event, story.events, columns)


def _opt_outs(story: Story, dialect: Dialect, places: Mapping[str, int]) -> Table:
    event = f"n * {STOPS}"
    moment = dialect.moment.format(story.event_moment(event))
    state = either(("n % 50 = 7", "'lifted'"), otherwise="'open'")
    columns = {
        "id": story.stop_id("n"),
        "person_id": story.person_id(story.person_of_event(event)),
        "address": email_of(story.person_of_event(event)),
        "state": state,
        "connection_id": str(places["getresponse-main"]),
        "event_id": story.event_id(event),
        "evidence": dialect.json.format(filled(texts.EVIDENCE, event=story.event_id(event))),
        "targets": dialect.json.format("""'["salesforce-main"]'"""),
        "rule": "'stop'",
        **dict.fromkeys(("heard_at", "received_at"), moment),
    }
    return Table(OptOut, story.stops, columns)


def _changes(story: Story, dialect: Dialect, places: Mapping[str, int]) -> Table:
    waits, rare, is_stop = f"n > {story.final}", f"n = {story.changes // 2}", f"n % {3 * STOPS} = 0"
    event = story.event_of_change("n")
    person = story.person_of_event(event)
    moment = dialect.moment.format(story.change_moment("n"))
    facts = {"email": email_of(person), "name": name_of(person), "contact": contact_of(person)}
    state = _state_of_change(story)
    of_contact = "n % 10 < 7"
    written = either((of_contact, filled(texts.DIFF, **facts)), otherwise=f"'{texts.SMALL_DIFF}'")
    diff = either((is_stop, f"'{texts.STOP}'"), otherwise=written)
    known = either((of_contact, filled(texts.LEAD, **facts)), otherwise="'{}'")
    code = either((rare, "'moved'"), otherwise=one_of("n / 100", texts.CODES))
    error = filled(texts.ERROR, code=code)
    seals = f"n <= {story.final - UNSEALED} AND {state} IN ('applied', 'cancelled', 'rejected')"
    columns = {
        "id": story.change_id("n"),
        "state": state,
        "connection_id": either((rare, str(places["salesforce-small"])), otherwise=str(places["salesforce-main"])),
        "object": one_of_ten(texts.OBJECTS),
        "operation": either((is_stop, "'opt_out'"), otherwise=one_of_ten(texts.OPERATIONS)),
        "kind": either((rare, "'appointment'"), (is_stop, "'opt_out'"), otherwise=one_of_ten(texts.KINDS)),
        "record_id": lead_of(person),
        "key_field": "'GetResponse_Contact_ID__c'",
        "external_id": contact_of(person),
        "person_id": story.person_id(person),
        "event_id": story.event_id(event),
        "opt_out_id": either((is_stop, story.stop_id(f"n / {3 * STOPS}")), otherwise="NULL"),
        "rule": either((rare, "'seldom'"), (is_stop, "'stop'"), otherwise=one_of("n / 10", texts.RULES)),
        "mapping": either((rare, "'seldom'"), (of_contact, "'subscriber-to-lead'"), otherwise="''"),
        "mapping_version": "1 + n % 3",
        "diff": dialect.json.format(diff),
        "known": dialect.json.format(known),
        "lane": either((is_stop, "'optouts'"), (waits, one_of(event, LANES)), otherwise="'events'"),
        "order_key": dialect.sha256.format(f"'salesforce-main:' || {story.person_id(person)}"),
        "identity": dialect.sha256.format(f"'change' || {padded('n', 10)}"),
        "run_id": _run_of(story, event),
        "created": "n % 10 < 2",
        "attempts": either((waits, "0"), otherwise="1"),
        "error": either((f"{state} = 'failed'", dialect.json.format(error)), otherwise="NULL"),
        "error_code": either((f"{state} = 'failed'", code), otherwise="''"),
        "created_at": moment,
        "next_attempt_at": moment,
        "applied_at": either((f"{state} = 'applied'", moment), otherwise="NULL"),
        "seal_number": either((seals, f"n / {SEAL} + 1"), otherwise="NULL"),
    }
    return Table(Change, story.changes, columns)


def _state_of_change(story: Story) -> str:
    """Most are applied; what failed and what waits for approval grows with the rest, as where nobody looks."""
    return either(
        (f"n > {story.final}", "'queued'"),
        (f"n = {story.changes // 2} OR n % 100 = 7", "'failed'"),
        ("n % 1000 = 11", "'held'"),
        ("n % 100 = 13", "'cancelled'"),
        ("n % 500 = 17", "'rejected'"),
        otherwise="'applied'",
    )


def one_of_ten(words: Mapping[str, int]) -> str:
    """Each word so many times in ten rows."""
    return one_of("n", [word for word, times in words.items() for _ in range(times)])


def _attempts(story: Story, dialect: Dialect) -> Table:
    moment = dialect.moment.format(story.change_moment("n"))
    calls = f"n % 50 = 0 AND n > {3 * story.emptied}"
    columns = {
        "id": ulid(story.change_moment("n"), "n"),
        "change_id": story.change_id("n"),
        "number": "1",
        "batch": ulid(story.change_moment("n / 50 * 50"), "n / 50"),
        "rows": "50",
        "result": either((f"{_state_of_change(story)} = 'failed'", "'failed'"), otherwise="'applied'"),
        "exchanges": dialect.json.format(either((calls, f"'{texts.EXCHANGES}'"), otherwise="'[]'")),
        "response": dialect.json.format("""'{"id": "00Q5e0000000001AAA", "success": true, "created": false}'"""),
        **dict.fromkeys(("started_at", "finished_at"), moment),
    }
    return Table(Attempt, story.final, columns, where="n % 1000 <> 11")


def _seals(story: Story, dialect: Dialect) -> Table:
    columns = {
        "number": "n",
        "previous": dialect.sha256.format("'seal' || CAST(n - 1 AS TEXT)"),
        "digest": dialect.sha256.format("'seal' || CAST(n AS TEXT)"),
        "count": str(SEAL),
        "sealed_at": dialect.moment.format(story.change_moment(f"n * {SEAL}")),
        "entries": dialect.json.format("'[]'"),
    }
    return Table(Seal, max(0, story.final - UNSEALED) // SEAL + 1, columns)


def _tallies(story: Story, dialect: Dialect) -> Table:
    """Of each hour, whatever its states: what the dashboard adds up."""
    hour = f"({story.end} / 3600000 - (n - 1)) * 3600000"
    columns = {"hour": dialect.moment.format(hour), "state": "'applied'", "count": "300"}
    return Table(Tally, 24 * story.days, columns)


def _chore(story: Story) -> Table:
    """Attempts were emptied up to here."""
    cursor = ulid(story.change_moment(f"n * {3 * story.emptied}"), "n")
    return Table(Chore, 1, {"name": f"'{ATTEMPTS}'", "cursor": cursor})


def _conflicts(story: Story, dialect: Dialect, places: Mapping[str, int]) -> Table:
    event = "n * 100"
    moment = dialect.moment.format(story.event_moment(event))
    columns = {
        "id": story.event_id(event),
        "kind": one_of("n", ("people", "records")),
        "state": either(("n % 10 = 0", "'open'"), otherwise="'settled'"),
        "key": dialect.sha256.format("'conflict' || CAST(n AS TEXT)"),
        "connection_id": str(places["salesforce-main"]),
        "object": "'Lead'",
        "settlement": either(("n % 10 = 0", "''"), otherwise="'same'"),
        "opened_at": moment,
    }
    return Table(IdentityConflict, story.events // 100, columns)
