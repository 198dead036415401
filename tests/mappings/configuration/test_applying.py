"""Planning and applying: what is written, that it may be repeated, and that it is all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations.models import AccessToken, Connection, Event, Health
from integrations.tokens import find_connection
from mappings.configuration import steps
from mappings.models import Mapping, MappingVersion, Rule, VersionState
from mappings.publishing import save_draft
from mappings.spec import SpecError, parse_mapping
from mappings.spec.problems import Problem

from .conftest import FILE, Shop

ADDED = [
    "+ connection getresponse-main",
    "+ connection salesforce-main",
    "+ mapping subscriber-to-lead",
    "+ rule new-subscriber",
    "+ rule stop",
]


def _connection(name: str) -> Connection:
    return Connection.objects.get(name=name)


def test_a_plan_says_what_would_change_and_changes_nothing(shop: Shop) -> None:
    assert shop.run("plan") == (0, [*ADDED, "Plan: 5 to add, 0 to change, 0 to remove."], [])
    assert not (Connection.objects.exists() or Mapping.objects.exists() or Rule.objects.exists())


def test_a_file_is_applied(shop: Shop) -> None:
    assert shop.run("apply") == (0, [*ADDED, "Applied: 5 added, 0 changed, 0 removed."], [])
    source, target = _connection("getresponse-main"), _connection("salesforce-main")
    assert (source.vendor, source.environment, source.mode) == ("getresponse", "sandbox", "read_write")
    assert source.credentials == {"api_key": "sesame-open"}
    assert (target.environment, target.options) == ("production", {"api_version": "66.0", "phone_region": "IL"})
    assert find_connection("getresponse", source.webhook_token) == source
    version = Mapping.objects.get().published
    assert version is not None
    assert (version.number, version.summary) == (1, f"config apply {shop.path}")
    rule = Rule.objects.get(name="new-subscriber")
    assert (rule.connection, rule.event, rule.position, rule.approve) == (source, "contact.subscribed", 1, "never")
    assert rule.condition == {"field": "campaign.campaignId", "op": "equals", "value": "abc123def"}
    assert rule.actions[0] == {"upsert": {"mapping": "subscriber-to-lead"}}


@pytest.mark.parametrize("option", ["{VIP client: vip, לקוח: customer}", '"VIP client = vip; לקוח = customer"'])
def test_a_table_of_names_is_written_either_way(shop: Shop, option: str) -> None:
    key = 'credentials: {api_key: "${GR_KEY}"}'
    shop.change((key, f"{key}\n    options: {{create_tags: true, tag_names: {option}}}"))
    assert shop.run("apply")[0] == 0
    options = {"create_tags": "true", "tag_names": "VIP client = vip; לקוח = customer"}
    assert _connection("getresponse-main").options == options
    assert shop.run("plan") == (0, ["No changes."], [])


def test_an_unchanged_file_changes_nothing(shop: Shop) -> None:
    shop.run("apply")
    before = [list(model.objects.order_by("pk").values()) for model in (Connection, MappingVersion, Rule)]
    assert shop.run("apply") == (0, ["No changes."], [])
    assert shop.run("plan") == (0, ["No changes."], [])
    assert [list(model.objects.order_by("pk").values()) for model in (Connection, MappingVersion, Rule)] == before
    assert Rule.history.count() == 2


def test_the_same_written_in_another_way_changes_nothing(shop: Shop) -> None:
    shop.run("apply")
    shop.change(
        ("from: email,", "from: [email], write: always,"),
        ("object: contact}", "object: contact, read: auto}"),
        ("    do:\n      - opt_out", "    approve: never\n    do:\n      - opt_out"),
        ("[salesforce-main]}", "[salesforce-main], channels: [email]}"),
    )
    assert shop.run("apply")[1] == ["No changes."]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[last_name]", "[last_name, upper]", "~ mapping subscriber-to-lead: fields[0].via"),
        ("to: Email}", "to: FirstName}", "~ mapping subscriber-to-lead: fields[1].to"),
        ("      - {from: email, to: Email}\n", "", "~ mapping subscriber-to-lead: fields"),
        ("value: abc123def", "value: newsl1", "~ rule new-subscriber: if.value"),
        ("Registered}", "Attended}", "~ rule new-subscriber: do[1].add_to_campaign.status"),
        ("api_version: 66.0", "api_version: 67.0", "~ connection salesforce-main: options.api_version"),
        ("environment: sandbox", "limits: [{calls: 4, per: 1s}]", "~ connection getresponse-main: environment, limits"),
        ("environment: sandbox", "environment: sandbox\n    mode: read_only", "~ connection getresponse-main: mode"),
        ("client_id: crosswalk", "client_id: other", "~ connection salesforce-main: credentials"),
        (
            "environment: sandbox",
            "environment: sandbox\n    webhook_token: x1",
            "~ connection getresponse-main: webhook_token",
        ),
    ],
)
def test_what_differs_is_named(shop: Shop, old: str, new: str, line: str) -> None:
    shop.run("apply")
    shop.change((old, new))
    assert shop.run("plan")[1] == [line, "Plan: 0 to add, 1 to change, 0 to remove."]
    assert shop.run("apply")[1] == [line, "Applied: 0 added, 1 changed, 0 removed."]
    assert shop.run("apply")[1] == ["No changes."]


def test_a_changed_mapping_is_a_new_version_and_the_former_is_retired(shop: Shop) -> None:
    shop.run("apply")
    shop.change(("[last_name]", "[last_name, upper]"))
    shop.run("apply")
    assert list(MappingVersion.objects.order_by("number").values_list("number", "state")) == [
        (1, VersionState.RETIRED),
        (2, VersionState.PUBLISHED),
    ]


def test_a_draft_that_is_replaced_is_said(shop: Shop) -> None:
    shop.run("apply")
    mapping = Mapping.objects.get()
    published = mapping.published
    assert published is not None
    rows = [{"from": "name", "to": "LastName"}]
    save_draft(mapping, parse_mapping(mapping.name, {**published.spec, "fields": rows}), None)
    assert shop.run("apply")[1] == ["No changes."]
    shop.change(("[last_name]", "[last_name, upper]"))
    assert shop.run("plan")[1][0] == "~ mapping subscriber-to-lead: fields[0].via (replaces a draft)"
    shop.run("apply")
    assert mapping.draft is None


def test_rules_keep_the_order_of_the_file(shop: Shop) -> None:
    shop.run("apply")
    new, stop = FILE.index("  new-subscriber:"), FILE.index("  stop:")
    shop.text = FILE[:new] + FILE[stop:] + FILE[new:stop]
    assert shop.run("apply")[1][:2] == ["~ rule stop: order", "~ rule new-subscriber: order"]
    assert list(Rule.objects.values_list("name", flat=True)) == ["stop", "new-subscriber"]


# --- credentials --------------------------------------------------------------------------------------------------


def test_changed_credentials_forget_the_token_and_try_a_stopped_connection_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run("apply")
    row = _connection("salesforce-main")
    AccessToken.objects.create(connection=row, value={"value": "old"})
    Connection.objects.filter(pk=row.pk).update(blocked=True, health=Health.BLOCKED, health_reason="Bad secret.")
    monkeypatch.setenv("SF_SECRET", "a-new-one")
    code, said, problems = shop.run("apply")
    assert (code, said[0], problems) == (0, "~ connection salesforce-main: credentials", [])
    assert "a-new-one" not in "".join(said)
    fresh = _connection("salesforce-main")
    assert fresh.credentials["client_secret"] == "a-new-one"
    assert (fresh.blocked, fresh.health, fresh.health_reason) == (False, Health.UNKNOWN, "")
    assert fresh.credentials_changed_at > row.credentials_changed_at
    assert not AccessToken.objects.exists()
    assert fresh.webhook_token == row.webhook_token


def test_other_limits_leave_a_stopped_connection_stopped(shop: Shop) -> None:
    shop.run("apply")
    Connection.objects.filter(name="getresponse-main").update(blocked=True)
    shop.change(("environment: sandbox", "environment: sandbox\n    limits: [{calls: 4, per: 1s}]"))
    shop.run("apply")
    assert _connection("getresponse-main").blocked


def test_a_webhook_token_of_the_file_is_the_connections(shop: Shop) -> None:
    shop.change(("environment: sandbox", "environment: sandbox\n    webhook_token: hook-1"))
    shop.run("apply")
    assert find_connection("getresponse", "hook-1") == _connection("getresponse-main")


def test_a_webhook_token_names_one_connection(shop: Shop) -> None:
    shop.change(
        ("environment: sandbox", "environment: sandbox\n    webhook_token: hook-1"),
        ("    options: {api", "    webhook_token: hook-1\n    options: {api"),
    )
    code, _said, problems = shop.run("apply")
    assert code == 1
    assert problems == [
        "file:12: connections.salesforce-main.webhook_token: getresponse-main has the same webhook token."
    ]


def test_a_connection_keeps_its_vendor(shop: Shop) -> None:
    shop.run("apply")
    Connection.objects.filter(name="getresponse-main").update(vendor="salesforce")
    code, _said, problems = shop.run("apply")
    assert code == 1
    assert problems == [
        "file:4: connections.getresponse-main.vendor: getresponse-main is a salesforce connection already. "
        "Give the new one another name."
    ]


# --- all or nothing -------------------------------------------------------------------------------------------------


def test_a_failure_on_the_way_takes_everything_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise SpecError([Problem(("rules", "stop"), "It went wrong.")])

    monkeypatch.setattr(steps, "create_rule", fail)
    assert shop.run("apply") == (1, [], ["file:29: rules.stop: It went wrong."])
    assert not (Connection.objects.exists() or Mapping.objects.exists())


# --- what the file does not name ------------------------------------------------------------------------------------


def _without_rule_stop() -> str:
    return FILE[: FILE.index("  stop:")]


def test_what_the_file_does_not_name_is_left_alone(shop: Shop) -> None:
    shop.run("apply")
    shop.text = _without_rule_stop()
    assert shop.run("apply")[1] == ["No changes."]
    assert Rule.objects.filter(name="stop").exists()


def test_what_the_file_does_not_name_is_pruned_on_request(shop: Shop) -> None:
    shop.run("apply")
    shop.text = _without_rule_stop()
    assert shop.run("plan", "--prune")[1] == ["- rule stop", "Plan: 0 to add, 0 to change, 1 to remove."]
    assert shop.run("apply", "--prune")[1] == ["- rule stop", "Applied: 0 added, 0 changed, 1 removed."]
    assert list(Rule.objects.values_list("name", flat=True)) == ["new-subscriber"]


def test_a_section_that_the_file_does_not_have_is_never_pruned(shop: Shop) -> None:
    shop.run("apply")
    shop.text = FILE[: FILE.index("rules:")]
    assert shop.run("apply", "--prune")[1] == ["No changes."]


def test_everything_of_a_section_can_be_pruned_in_the_right_order(shop: Shop) -> None:
    shop.run("apply")
    shop.text = "version: 1\nconnections: {}\nmappings: {}\nrules: {}\n"
    assert shop.run("apply", "--prune")[1][-1] == "Applied: 0 added, 0 changed, 5 removed."
    assert not (Connection.objects.exists() or Mapping.objects.exists() or Rule.objects.exists())


def test_what_is_still_used_is_not_pruned(shop: Shop) -> None:
    shop.run("apply")
    shop.text = "version: 1\nconnections: {}\nmappings: {}\n"
    code, _said, problems = shop.run("apply", "--prune")
    assert code == 1
    assert "file:3: mappings: subscriber-to-lead cannot be removed: the rule new-subscriber uses it." in problems
    assert "file:2: connections: salesforce-main cannot be removed: the rule stop uses it." in problems


def test_a_connection_with_history_is_never_removed(shop: Shop) -> None:
    shop.run("apply")
    source = _connection("getresponse-main")
    Event.objects.create(connection=source, dedupe_key="1", order_key="1", occurred_at=timezone.now())
    shop.text = "version: 1\nconnections: {}\nmappings: {}\nrules: {}\n"
    code, _said, problems = shop.run("plan", "--prune")
    assert code == 1
    assert problems == [
        "file:2: connections: getresponse-main cannot be removed: it has history, which is kept. "
        "Set mode: read_only instead."
    ]
