"""The API describes itself: OpenAPI 3.1 without a warning, and a page that needs no other host."""

from __future__ import annotations

import re
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_schema_is_valid_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    schema = yaml.safe_load(out.getvalue())
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/changes/{id}/retry/", "/api/v1/changes/retry/", "/api/v1/people/{id}/timeline/"} <= set(
        schema["paths"]
    )


def test_the_schema_is_served() -> None:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    assert b"openapi: 3.1" in answer.content


def test_the_page_names_no_other_host() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert re.findall(r"""(?:src|href)=["']((?:https?:)?//[^"']+)""", page) == []
    assert "/static/drf_spectacular_sidecar/" in page
