"""A sandbox with so many contacts in a process of its own: `python -m benchmarks.contacts 100000`.

It prints its address, and for each line that it reads what it holds and how often each vendor was called since.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from integrations.sandbox.calls import CallLog
from integrations.sandbox.getresponse.people import new_contact
from integrations.sandbox.getresponse.seed import MAIN_LIST
from integrations.sandbox.store import Shelf
from integrations.sandbox.testing import RunningSandbox, running_sandbox

BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
KEY = "GetResponse_Contact_ID__c"


def fill(shelf: Shelf, count: int) -> None:
    """Contacts who signed up one after the other, a minute each."""
    with shelf.store.transaction():
        for number in range(count):
            contact = new_contact(
                f"person{number}@example.com", MAIN_LIST, "www", {"name": f"First{number} Last{number}"}
            )
            made = (BEGAN + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S+0000")
            contact |= {"contactId": f"c{number:06d}", "createdOn": made}
            shelf.put("contact", contact["contactId"], contact)


def holds(sandbox: RunningSandbox, calls: Counter[str]) -> dict[str, Any]:
    leads = sandbox.records("salesforce", "Lead")
    told = {"calls": dict(calls), "leads": len(leads), "distinct": len({lead.get(KEY) for lead in leads})}
    calls.clear()
    return told


def main(count: int) -> None:
    calls: Counter[str] = Counter()
    note = CallLog.note

    def counted(log: CallLog, vendor: str, *facts: Any) -> None:
        calls[vendor] += 1
        note(log, vendor, *facts)

    with running_sandbox() as sandbox, mock.patch.object(CallLog, "note", counted):
        fill(sandbox.store.shelf("getresponse"), count)
        print(sandbox.url, flush=True)
        for _line in sys.stdin:
            print(json.dumps(holds(sandbox, calls)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
