"""Puts changes that wait straight into the tables of an installation: `python -m benchmarks.backlog COUNT`."""

from __future__ import annotations

import os
import sys

import django

_CHUNK = 2000
FIRST = 900_000  # people of the backlog; nobody else has these numbers


def fill(count: int) -> None:
    """One waiting update each of so many leads, as if a rule had planned them."""
    for start in range(FIRST, FIRST + count, _CHUNK):
        _fill(range(start, min(start + _CHUNK, FIRST + count)))


def _fill(numbers: range) -> None:
    from audit.ledger import order_key
    from audit.models import Change
    from integrations.models import Connection, Link, Person

    salesforce = Connection.objects.get(name="salesforce-main")
    people = Person.objects.bulk_create([Person(name=f"Waits {number}") for number in numbers])
    records = {person.pk: f"00Q9e{number:010d}AAA" for person, number in zip(people, numbers, strict=True)}
    Link.objects.bulk_create(
        [Link(person_id=pk, connection=salesforce, object="Lead", record_id=record) for pk, record in records.items()]
    )
    Change.objects.bulk_create(
        [
            Change(
                connection=salesforce,
                object="Lead",
                operation="update",
                kind="contact",
                record_id=record,
                person_id=pk,
                diff={"Company": {"before": None, "after": "Acme", "from": "", "via": [], "synthetic": False}},
                order_key=order_key(salesforce, pk, record),
            )
            for pk, record in records.items()
        ]
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    fill(int(sys.argv[1]))
