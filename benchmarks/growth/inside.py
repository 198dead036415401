"""The part that runs inside an installation: `python -m benchmarks.growth.inside EVENTS DAYS`.

It says null once it is filled, then an answer for each line it is sent, and null again at the end.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from itertools import chain

import django


def measure(events: int, days: int) -> None:
    """Fill the empty database, then ask one question after the other, when told to."""
    from django.conf import settings

    from . import deeds, pages
    from .asking import answer
    from .filling import fill
    from .story import Story

    _add_quiet_ones()
    fill(Story(events, days, settings.PAYLOAD_RETENTION_DAYS))
    _say(None)
    questions = chain(deeds.questions(), pages.questions())
    for _ in sys.stdin:
        question = next(questions, None)
        _say(asdict(answer(question)) if question else None)


def _say(fact: object) -> None:
    print(json.dumps(fact), flush=True)


def _add_quiet_ones() -> None:
    """Connections and a rule of which next to nothing is known: what is seldom is what a scan is slow to find."""
    from integrations.models import Connection
    from mappings.models import Rule

    for vendor in ("getresponse", "salesforce"):
        Connection.objects.create(name=f"{vendor}-small", vendor=vendor)
    unused = Rule.objects.order_by("pk")[0]
    unused.pk, unused.name, unused.event = None, "unused", "contact.moved"
    unused.save()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    measure(int(sys.argv[1]), int(sys.argv[2]))
