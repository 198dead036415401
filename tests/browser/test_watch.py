"""The watching pages in a real browser: wide and narrow, light and dark, and nothing from another host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit.hooks.models import Hook, HookDelivery
from audit.models import Attempt, Change
from audit.verbs import AT_ONCE
from mappings.models import Run
from mappings.runs import advance_runs
from tests.audit.rows import ERROR, change, connection, event, failed, opt_out, person, told

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as running, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs an event loop in this thread
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, live_server: Any, admin_client: Client) -> Iterator[Any]:
    """`open_page(path, width, theme)`: a signed-in tab. What went wrong in it fails the test."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def note_request(request: Any) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            wrong.append(f"asked another host: {request.url}")

    def opened(path: str, width: int = 1440, theme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        session = admin_client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.add_init_script(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{theme}'))")
        page = context.new_page()
        page.on("request", note_request)
        page.on("pageerror", lambda error: wrong.append(f"script failed: {error}"))
        page.goto(live_server.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def busy() -> dict[str, str]:
    """A day's work, with names and values that are hard to lay out. Paths of its pages by name."""
    who = person(name=LONG, email=f"{LONG[:60].lower()}@example.com")
    heard = event(person=who, body=b'{"contact": {"name": "x"}}')
    diff = {
        "Company": {"before": None, "after": LONG, "from": "customFields.company", "via": ["trim"], "synthetic": True}
    }
    wrong = failed(person=who, event=heard, diff=diff, notes=[LONG])
    call = {"method": "PATCH", "url": f"https://example.com/{LONG}", "status": 400, "milliseconds": 9, "request": LONG}
    Attempt.objects.create(change=wrong, number=1, batch="b", result="failed", error=ERROR, exchanges=[call])
    change(person=person(), state="held", held_reason="More than 100 people.")
    stop = opt_out(who)
    told(stop)
    where = connection()
    scope = {"state": "failed", "connection": where.name, "rule": LONG}
    run = Run.objects.create(
        kind="retry", state="running", scope=scope, total=3214, done=400, refused=1, reasons={LONG: 1}
    )
    hook = Hook.objects.create(
        target_url=f"https://example.com/{LONG}", event="change.failed", last_result="Answered 500.", failures=3
    )
    HookDelivery.objects.create(hook=hook, payload={"type": "change.failed", "data": {"id": wrong.pk}}, attempts=3)
    return {
        "dashboard": "/admin/",
        "log": "/admin/audit/change/",
        "change": f"/admin/audit/change/{wrong.pk}/change/",
        "filtered log": f"/admin/audit/change/?state__exact=failed&connection={where.name}",
        "decision": "/admin/audit/change/decide/retry/?error_code=rejected",
        "runs": "/admin/mappings/run/",
        "run": f"/admin/mappings/run/{run.pk}/change/",
        "opt-outs": "/admin/audit/optout/",
        "opt-out": f"/admin/audit/optout/{stop.pk}/change/",
        "events": "/admin/integrations/event/",
        "event": f"/admin/integrations/event/{heard.pk}/change/",
        "people": "/admin/integrations/person/",
        "person": f"/admin/integrations/person/{who.pk}/change/",
        "connections": "/admin/integrations/connection/",
        "connection": f"/admin/integrations/connection/{connection().pk}/change/",
        "new connection": "/admin/integrations/connection/add/?vendor=salesforce",
        "new webhook": "/admin/integrations/connection/add/?vendor=webhook",
        "hooks": "/admin/audit/hook/",
        "hook": f"/admin/audit/hook/{hook.pk}/change/",
        "new hook": "/admin/audit/hook/add/",
    }


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_page_fits_its_window(open_page: Any, busy: dict[str, str], width: int, theme: str) -> None:
    page = open_page("/admin/", width, theme)
    too_wide = {}
    for name, path in busy.items():
        page.goto(page.url.partition("/admin/")[0] + path)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        too_wide |= {name: over} if over > 0 else {}
    assert too_wide == {}


def test_an_empty_installation_leads_to_the_form_of_the_first_connection(open_page: Any) -> None:
    page = open_page("/admin/", 390)
    page.get_by_role("link", name="Add a connection").click()
    page.get_by_role("link", name="Salesforce").click()
    assert page.get_by_label("Consumer secret").get_attribute("type") == "password"


def test_a_failure_is_followed_from_the_dashboard_to_its_retry(open_page: Any) -> None:
    row = failed(person=person())
    page = open_page("/admin/")
    page.get_by_role("link", name="Retry all 1").click()
    page.get_by_role("button", name="Retry 1 change").click()
    page.get_by_text("Retry: 1 change.").wait_for()
    row.refresh_from_db()
    assert row.state == "queued"


def test_many_that_a_filter_finds_are_decided_in_the_background_and_that_is_stopped(open_page: Any) -> None:
    ids = [change(state="held", braked="opt_out").pk for _ in range(AT_ONCE + 1)]
    page = open_page("/admin/audit/change/?state__exact=held&braked=opt_out")
    page.get_by_role("link", name="Approve all").click()
    page.get_by_label("Comment").fill("a real burst")
    page.get_by_role("button", name="Approve 201 changes").click()
    page.get_by_text("0 of 201 changes").wait_for()
    advance_runs()
    page.reload()
    page.get_by_text("200 of 201 changes").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped by admin.").wait_for()
    assert advance_runs() == 0
    assert list(Change.objects.filter(state="held").values_list("pk", flat=True)) == ids[-1:]


def test_what_is_final_asks_first(open_page: Any) -> None:
    row = change(state="held")
    page = open_page(f"/admin/audit/change/{row.pk}/change/")
    page.locator("summary", has_text="Reject").click()
    row.refresh_from_db()
    assert row.state == "held"
    page.get_by_label("Comment").first.fill("not these")
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("Rejected:").wait_for()
    row.refresh_from_db()
    assert (row.state, row.comment) == ("rejected", "not these")


def test_the_dashboard_keeps_itself_fresh(open_page: Any) -> None:
    connection()
    page = open_page("/admin/")
    page.clock.install()
    page.reload()
    page.get_by_text("No change yet.").wait_for()
    change(created=True)
    page.clock.run_for(6000)
    page.get_by_text("Lead made at salesforce-main").wait_for()


def test_the_dashboard_does_not_interrupt_somebody_who_tabs_through_it(open_page: Any) -> None:
    connection()
    page = open_page("/admin/")
    page.clock.install()
    page.reload()
    page.get_by_role("link", name="All opt-outs").focus()
    change(created=True)
    page.clock.run_for(6000)
    assert page.get_by_text("Lead made at salesforce-main").count() == 0


def test_the_webhook_url_is_copied(open_page: Any) -> None:
    row = connection()
    page = open_page(f"/admin/integrations/connection/{row.pk}/change/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    page.locator(".cw-copied").wait_for()
    assert row.webhook_token in page.evaluate("navigator.clipboard.readText()")
