"""Setting up in a real browser: rows come, go and move, actions show their inputs, and every page fits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.refreshing import refresh_account
from mappings.models import Mapping, Rule
from tests.world import OPT_OUT, World

CHROMIUM = shutil.which("chromium")
sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no chromium on this machine."),
    pytest.mark.django_db(transaction=True),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop runs beside the test, not the server
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def foreign() -> list[str]:
    """Requests that went to another host, and scripts that failed."""
    return []


@pytest.fixture
def page(browser: Any, live_server: Any, admin_client: Any, foreign: list[str]) -> Any:
    """A page of somebody who signed in as administrator."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    cookie = admin_client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    local = (live_server.url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else foreign.append(request.url))
    page.on("pageerror", lambda error: foreign.append(str(error)))
    return page


def _open(page: Any, row: Any) -> None:
    page.goto(f"/admin/mappings/{row._meta.model_name}/{row.pk}/change/")


def _names(mapping: Mapping) -> list[str]:
    draft = mapping.draft
    assert draft is not None
    return [row["to"] for row in draft.spec["fields"]]


def test_a_row_is_added_moved_up_and_saved(page: Any, world: World) -> None:
    mapping = world.mapping(fields=[{"from": "name", "to": "LastName"}, {"from": "email", "to": "Company"}])
    _open(page, mapping)
    page.click("[data-rows=fields] > [data-add]")
    row = page.locator("[data-row]", has=page.locator('[name="fields-4-to"]'))  # after two rows and two empty ones
    row.locator("input[name$=-to]").fill("Email")
    row.locator("input[name$=-sources]").fill("email")
    for _place in range(3):  # past the two empty rows and Company
        row.locator("[data-up]").click()
    page.click("[name=_save]")
    page.wait_for_selector("text=Draft saved")
    assert _names(mapping) == ["LastName", "Email", "Company"]


def test_a_removed_row_is_gone_after_saving(page: Any, world: World) -> None:
    mapping = world.mapping()
    _open(page, mapping)
    page.locator("[data-row]", has=page.locator('input[value="Rating"]')).first.locator("[data-remove]").click()
    page.click("[name=_save]")
    page.wait_for_selector("text=Draft saved")
    assert "Rating" not in _names(mapping)


def test_nothing_typed_is_lost_when_a_field_is_unknown(page: Any, world: World) -> None:
    mapping = world.mapping()
    _open(page, mapping)
    page.locator('input[name="fields-2-to"]').fill("Emial")
    page.locator('textarea[name="fields-4-via"]').fill("truncate: 64")
    page.click("[name=_save]")
    page.wait_for_selector("text=Did you mean Email?")
    assert page.locator('textarea[name="fields-4-via"]').input_value() == "truncate: 64"
    assert mapping.draft is None


def test_a_rule_is_made_by_hand_and_read_back(page: Any, world: World, foreign: list[str]) -> None:
    world.mapping()
    page.goto("/admin/mappings/rule/add/")
    page.fill("[name=rule-name]", "made-by-hand")
    page.select_option("[name=rule-connection]", "getresponse-main")
    page.select_option("[name=rule-event]", "contact.subscribed")
    page.wait_for_selector("[data-seen]:has-text('pushed')")
    page.select_option("[name=actions-0-name]", "upsert")
    page.select_option("[name=actions-0-upsert-mapping]", "subscriber-to-lead")
    page.click("[data-rows=actions] > [data-add]")
    page.select_option("[name=actions-1-name]", "add_to_campaign")
    page.select_option("[name=actions-1-add_to_campaign-connection]", "salesforce-main")
    page.fill("[name=actions-1-add_to_campaign-campaign]", "701x")
    assert page.locator("[name=actions-1-upsert-mapping]").is_hidden()
    page.click("[name=_save]")
    page.wait_for_selector("h1:has-text('then add it to campaign 701x')")
    assert Rule.objects.get().actions == [
        UPSERT,
        {"add_to_campaign": {"connection": "salesforce-main", "campaign": "701x"}},
    ]
    assert foreign == []


def test_a_campaign_and_a_list_are_chosen_by_name(page: Any, world: World, foreign: list[str]) -> None:
    for connection in (world.getresponse, world.salesforce):
        refresh_account(connection)
    page.goto("/admin/mappings/rule/add/")
    page.fill("[name=rule-name]", "chosen")
    page.select_option("[name=rule-event]", "contact.subscribed")
    page.fill("[name=conditions-0-field]", "campaign.campaignId")
    page.select_option("[name=conditions-0-op]", "in")
    page.fill("[name=conditions-0-value]", "newsl1, newsletter, gone")
    assert page.locator("[name=conditions-0-value]").get_attribute("list") is None  # of which connection?
    page.select_option("[name=rule-connection]", "getresponse-main")
    page.wait_for_selector("text=Not among the lists of getresponse-main as last read: gone")
    page.fill("[name=conditions-0-value]", "newsletter")
    page.wait_for_selector("[data-said]:has-text('Newsletter')")
    page.select_option("[name=actions-0-name]", "add_to_campaign")
    page.select_option("[name=actions-0-add_to_campaign-connection]", "salesforce-main")
    campaign = page.locator("[name=actions-0-add_to_campaign-campaign]")
    assert campaign.get_attribute("list") == "choices-salesforce-main-campaigns"
    campaign.fill("7015e0000000001")
    page.wait_for_selector("[data-said]:has-text('Q2 Nurture')")
    page.click("[name=_save]")
    page.wait_for_selector("h1:has-text('is one of “Newsletter”, add it to campaign “Q2 Nurture”')")
    assert foreign == []


PAGES = [
    *(
        "mapping/",
        "mapping/add/",
        "mapping/{mapping}/change/",
        "mapping/{mapping}/publish/",
        "mapping/{mapping}/preview/",
    ),
    *("rule/", "rule/add/", "rule/{rule}/change/", "run/", "run/add/"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_asks_no_other_host(
    page: Any, world: World, foreign: list[str], scheme: str
) -> None:
    mapping = world.mapping()
    rule = world.rule("stop", "contact.unsubscribed", OPT_OUT)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    for path in PAGES:
        answer = page.goto("/admin/mappings/" + path.format(mapping=mapping.pk, rule=rule.pk))
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
    assert foreign == []


def test_the_page_of_the_api_works_without_another_host(page: Any, foreign: list[str]) -> None:
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock-summary-path")
    assert foreign == []
