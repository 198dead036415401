"""Writing the configuration out: complete, without a secret, and taken again unchanged."""

from __future__ import annotations

import pytest

from integrations.models import Connection
from mappings.configuration.exporting import write_yaml
from mappings.models import Mapping
from mappings.publishing import save_draft
from mappings.spec import parse_mapping

from .conftest import FILE, Shop

EXPORTED = {
    "GETRESPONSE_MAIN_API_KEY": "sesame-open",
    "SALESFORCE_MAIN_CLIENT_SECRET": "tell-nobody",
}


def _export(shop: Shop) -> str:
    code, lines, _problems = shop.run("export")
    assert code == 0
    return "\n".join(lines) + "\n"


def _set_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {
        f"{row.name.upper().replace('-', '_')}_WEBHOOK_TOKEN": row.webhook_token for row in Connection.objects.all()
    }
    for name, value in {**EXPORTED, **tokens}.items():
        monkeypatch.setenv(name, value)


def test_an_export_applies_again_unchanged(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.change(("value: Hot", "value: 'yes ${X}'"), ("value: 'yes ${X}'", "value: 'yes $${X}'"))
    shop.run("apply")
    exported = _export(shop)
    _set_environment(monkeypatch)
    shop.text = exported
    assert shop.run("apply") == (0, ["No changes."], [])
    assert _export(shop) == exported


def test_an_export_sets_up_an_empty_database_alike(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run("apply")
    shop.text = exported = _export(shop)
    _set_environment(monkeypatch)
    for model in (Mapping, Connection):
        shop.text = "version: 1\nconnections: {}\nmappings: {}\nrules: {}\n"
        shop.run("apply", "--prune")
        assert not model.objects.exists()
    shop.text = exported
    assert shop.run("apply")[1][-1] == "Applied: 5 added, 0 changed, 0 removed."
    assert _export(shop) == exported


def test_an_export_holds_no_secret(shop: Shop) -> None:
    shop.run("apply")
    exported = _export(shop)
    tokens = [row.webhook_token for row in Connection.objects.all()]
    assert not [secret for secret in (*EXPORTED.values(), *tokens) if secret in exported]
    assert "api_key: '${GETRESPONSE_MAIN_API_KEY}'" in exported
    assert "webhook_token: ${GETRESPONSE_MAIN_WEBHOOK_TOKEN}" in exported
    assert "client_id: crosswalk" in exported


def test_a_credential_that_the_vendor_does_not_know_is_a_secret(shop: Shop) -> None:
    Connection.objects.create(name="old", vendor="forgotten", credentials={"password": "sesame-open"})
    exported = _export(shop)
    assert "sesame-open" not in exported
    assert "password: '${OLD_PASSWORD}'" in exported


def test_a_draft_is_left_out_and_said(shop: Shop) -> None:
    shop.run("apply")
    mapping = Mapping.objects.create(name="half-done")
    published = Mapping.objects.get(name="subscriber-to-lead").published
    assert published is not None
    save_draft(mapping, parse_mapping("half-done", published.spec), None)
    _code, lines, problems = shop.run("export")
    assert "half-done" not in "\n".join(lines)
    assert problems == ["half-done is left out: it has no published version."]


def test_an_empty_database_is_a_file_too(shop: Shop) -> None:
    shop.text = _export(shop)
    assert shop.text == "version: 1\n"
    assert shop.run("apply")[1] == ["No changes."]


def test_short_tables_stand_on_one_line() -> None:
    row = {"from": ["name", "email"], "via": [{"join": ";"}], "to": "דנה"}
    assert write_yaml({"version": 1, "fields": [row, row]}) == (
        "version: 1\n\nfields:\n"
        "  - {from: [name, email], via: [{join: ;}], to: דנה}\n"
        "  - {from: [name, email], via: [{join: ;}], to: דנה}\n"
    )


def test_a_file_that_was_applied_is_not_needed_to_export_it(shop: Shop) -> None:
    shop.run("apply")
    shop.path.unlink()
    shop.text = FILE
    assert "subscriber-to-lead:" in _export(shop)
