"""What workers, the webhook and the chores do, each once, as with everything else of a round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from django.test import Client

from audit import retention
from audit.delivery import CLAIM as CLAIMED_CHANGES
from audit.delivery import deliver_due
from audit.ledger import claim_changes
from audit.sealing import seal_waiting
from integrations.inbox import claim_events
from integrations.models import Connection, Event
from integrations.people import Sighting, identify
from mappings.planning.planner import CLAIM as CLAIMED_EVENTS
from mappings.planning.planner import plan_due

from ..installation import WEBHOOK
from ..people import contact
from .asking import Question
from .story import LANES


def questions() -> Iterator[Question]:
    for lane in LANES:
        yield Question(f"claim_events {lane}", partial(claim_events, lane, CLAIMED_EVENTS))
        yield Question(f"claim_changes {lane}", partial(claim_changes, lane, CLAIMED_CHANGES))
        yield Question(f"plan a batch of {lane}", partial(plan_due, lane))
        yield Question(f"deliver a batch of {lane}", partial(deliver_due, lane))
    yield Question("identify 200 records", _identify)
    yield Question("webhook, new", partial(_post, 1))
    yield Question("webhook, the same again", _post_twice)
    yield Question("seal what waits", seal_waiting)
    yield from (Question(f"retention: {step.__name__}", step) for step in retention.STEPS)


def _identify() -> None:
    """As planning does: by link, then by address; half of them are known."""
    place = Connection.objects.get(name="getresponse-main")
    known = Event.objects.filter(state="planned").order_by("pk").values_list("record", "record_id")[2000:2100]
    sightings = [Sighting(place, "contact", record_id, record.get("email", "")) for record, record_id in known]
    sightings += [Sighting(place, "contact", f"new{number}", f"new{number}@example.com") for number in range(100)]
    identify(sightings)


def _post(*numbers: int) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    for number in numbers:
        body = json.dumps({"contact": contact(number), "action": "subscribe"})
        if client.post(WEBHOOK, body, content_type="application/json").status_code != 200:
            raise RuntimeError("The webhook did not take an event.")


def _post_twice() -> None:
    _post(1, 1)
