"""The page at `/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from .app import Sandbox


def respond(sandbox: Sandbox, request: Request) -> Response:
    return Response("sandbox", content_type="text/plain")
