"""What docs/hooks.md prints works as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.utils import timezone

from audit.hooks.recording import OWN_EVENTS
from integrations.vendors.signatures import new_secret, signed_headers
from mappings.spec import parse_mapping, parse_rule

PAGE = (Path(settings.BASE_DIR) / "docs" / "hooks.md").read_text("utf-8")
BODY = '{"type":"contact.subscribed","data":{"name":"דנה"}}'
SECRET = new_secret()


def block(language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[-1]


def signed() -> dict[str, str]:
    return signed_headers(SECRET, "01J", timezone.now(), BODY.encode())


def test_the_python_check_tells_a_right_signature_from_a_wrong_one() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    assert names["is_authentic"](signed(), BODY.encode(), SECRET)
    assert not names["is_authentic"](signed(), BODY.encode() + b" ", SECRET)
    assert not names["is_authentic"](signed(), BODY.encode(), new_secret())
    assert not names["is_authentic"]({**signed(), "webhook-timestamp": "1"}, BODY.encode(), SECRET)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_javascript_check_does_too() -> None:
    calls = [
        [signed(), BODY, SECRET],
        [signed(), BODY + " ", SECRET],
        [signed(), BODY, new_secret()],
        [{**signed(), "webhook-timestamp": "1"}, BODY, SECRET],
    ]
    script = block("javascript") + f"\nconsole.log(JSON.stringify({json.dumps(calls)}.map((c) => isAuthentic(...c))));"
    said = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(said.stdout) == [True, False, False, False]


def test_the_two_zaps_are_a_mapping_and_two_rules() -> None:
    file = yaml.safe_load(block("yaml"))
    mappings = {name: parse_mapping(name, spec) for name, spec in file["mappings"].items()}
    rules = [parse_rule(name, spec) for name, spec in file["rules"].items()]
    assert [rule.event for rule in rules] == ["contact.subscribed", "contact.unsubscribed"]
    assert {action.mapping for rule in rules for action in rule.actions} - {""} == set(mappings)


def test_every_event_of_our_own_is_named() -> None:
    assert all(f"`{event}`" in PAGE for event in OWN_EVENTS)
