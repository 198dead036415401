"""A connection's page shows what is known of the account without asking, and reads it again when told to."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from integrations.models import Connection, Knowledge
from tests.audit.rows import staff
from tests.world import World

pytestmark = pytest.mark.django_db


def url(row: Connection, verb: str = "") -> str:
    return f"/admin/integrations/connection/{row.pk}/" + (f"press/{verb}/" if verb else "change/")


def section(client: Client, row: Connection) -> str:
    """What the section says, without its tags."""
    page = client.get(url(row)).content.decode()
    part = page[page.index('id="known"') :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part[: part.index("</section>")])).split())


def press_refresh(client: Client, row: Connection) -> str:
    return unescape(client.post(url(row, "refresh"), follow=True).content.decode())


def test_the_page_says_what_was_not_read_yet_and_asks_nobody(admin_client: Client, world: World) -> None:
    said = section(admin_client, world.getresponse)
    assert "Lists not read yet Tags not read yet Newsletters and autoresponders not read yet" in said
    assert "Fields of contact not read yet" in said
    assert world.sandbox.calls() == []


def test_refresh_reads_everything_and_says_what_changed_in_one_sentence(admin_client: Client, world: World) -> None:
    said = press_refresh(admin_client, world.getresponse)
    assert "Read again: Lists 3 new; Tags 4 new; " in said and "; Fields of contact " in said
    assert re.search(r"Lists 3 \S+ Tags 4 ", section(admin_client, world.getresponse))
    assert "Read again: nothing has changed." in press_refresh(admin_client, world.getresponse)


def test_what_could_not_be_read_is_said_with_what_to_do_and_stays_on_the_page(
    admin_client: Client, world: World
) -> None:
    world.sandbox.switch("salesforce", hidden_fields=["Campaign.IsActive"])
    page = press_refresh(admin_client, world.salesforce)
    assert "Campaigns: Salesforce" in page and "Active users 2 new" in page
    assert "The rest was not asked for" not in page
    assert "IsActive" in section(admin_client, world.salesforce)


def test_a_vendor_that_does_not_answer_is_said_once(admin_client: Client, world: World) -> None:
    press_refresh(admin_client, world.getresponse)
    world.sandbox.switch("getresponse", down="always")
    page = press_refresh(admin_client, world.getresponse)
    assert "Lists: GetResponse" in page and "What was known before stays." in page
    assert "Tags: GetResponse" not in page and "Read again" not in page
    assert "tried again by itself" not in page
    assert re.search(r"Lists 3 ", section(admin_client, world.getresponse))


def test_refreshing_needs_the_permission(world: World) -> None:
    looking = staff("integrations.view_connection")
    assert looking.post(url(world.getresponse, "refresh")).status_code == 403
    assert "Refresh" not in section(looking, world.getresponse)
    assert not Knowledge.objects.exists()


def test_refreshing_is_no_get(admin_client: Client, world: World) -> None:
    assert admin_client.get(url(world.getresponse, "refresh")).status_code == 405
