"""A Responder Live connection in the file, as the design has it: keys with a number among them."""

from __future__ import annotations

import pytest

from integrations.models import Connection

from .conftest import Shop

RESPONDER = """\
  responder-main:
    vendor: responder
    credentials: {client_id: 1, client_secret: "${RESPONDER_SECRET}", user_token: "${RESPONDER_USER_TOKEN}"}
    options: {hook_fields: {דואל: joined_email}, hook_lists: "101, 103", watch: {subscribers: 720}}
mappings:
"""


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("RESPONDER_SECRET", "s3cret-of-ours")
    monkeypatch.setenv("RESPONDER_USER_TOKEN", "user-token-1")
    shop.change(("mappings:\n", RESPONDER))
    return shop


@pytest.mark.django_db
def test_it_is_applied_once_and_its_secrets_stay_where_they_are(shop: Shop) -> None:
    code, said, problems = shop.run("apply")
    assert (code, problems) == (0, [])
    assert "+ connection responder-main" in said
    row = Connection.objects.get(name="responder-main")
    assert row.credentials == {"client_id": "1", "client_secret": "s3cret-of-ours", "user_token": "user-token-1"}
    assert row.options["hook_fields"] == "דואל = joined_email"
    assert shop.run("apply") == (0, ["No changes."], [])
    exported = "\n".join(shop.run("export")[1])
    assert "s3cret-of-ours" not in exported and "user-token-1" not in exported


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["client_id: 1, ", ', user_token: "${RESPONDER_USER_TOKEN}"'])
def test_all_three_keys_are_needed(shop: Shop, missing: str) -> None:
    shop.change((missing, ""))
    code, _said, problems = shop.run("plan")
    assert code != 0 and "missing" in " ".join(problems)
