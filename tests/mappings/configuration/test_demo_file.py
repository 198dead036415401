"""The file of `make demo` and the page about configuration: both true today."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integrations.models import Connection
from integrations.sandbox.testing import running_sandbox
from mappings.spec.page import with_current_parts

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_names_every_action_and_event_as_they_are() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert with_current_parts(page) == page


def test_the_demo_file_applies_to_the_simulated_vendors_without_a_warning(
    db: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_sandbox() as sandbox:
        text = (ROOT / "demo.yaml").read_text("utf-8").replace("http://127.0.0.1:9100", sandbox.url)
        (tmp_path / "demo.yaml").write_text(text, "utf-8")
        call_command("config", "apply", str(tmp_path / "demo.yaml"))
        said, problems = capsys.readouterr()
        assert (said.splitlines()[-1], problems) == ("Applied: 14 added, 0 changed, 0 removed.", "")
        call_command("config", "apply", str(tmp_path / "demo.yaml"))
        assert capsys.readouterr() == ("No changes.\n", "")
        describes = [call for call in sandbox.calls("salesforce") if re.search("describe$", call["path"])]
    assert Connection.objects.count() == 4
    assert len(describes) <= 2


def test_a_typo_in_the_demo_file_is_found_at_the_vendor(
    db: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_sandbox() as sandbox:
        text = (ROOT / "demo.yaml").read_text("utf-8").replace("http://127.0.0.1:9100", sandbox.url)
        (tmp_path / "demo.yaml").write_text(text.replace("to: Email}", "to: Emial}"), "utf-8")
        with pytest.raises(SystemExit) as ended:
            call_command("config", "apply", str(tmp_path / "demo.yaml"))
    assert ended.value.code == 1
    assert re.search(r"demo\.yaml:36: .*'Emial' is not a field of Lead\. Did you mean Email", capsys.readouterr().err)
    assert not Connection.objects.exists()
