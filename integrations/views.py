"""The webhook endpoint: authenticate, store, answer. It does no other work."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse, JsonResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from . import clock
from .models import Connection
from .receive import receive
from .tokens import find_connection
from .vendors.base import Inbound
from .vendors.errors import Forged
from .vendors.registry import vendor

logger = logging.getLogger(__name__)


class OneAnswer(BaseContentNegotiation):
    """A vendor gets JSON whatever it says it accepts; nothing is to be weighed."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class WebhookView(APIView):
    """Events in: `/webhooks/<vendor>/<token>/`. Any method, any content type; the raw body is what counts."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    parser_classes: list[Any] = []
    content_negotiation_class = OneAnswer
    schema = None

    def get(self, request: Request, vendor: str, token: str) -> HttpResponse:
        return self._take(request, vendor, token)

    def post(self, request: Request, vendor: str, token: str) -> HttpResponse:
        return self._take(request, vendor, token)

    def _take(self, request: Request, vendor: str, token: str) -> HttpResponse:
        try:
            connection = find_connection(vendor, token)
            if connection is None:
                return _answer(404, "unknown")
            body = _read_body(request)
            if body is None:
                return _answer(413, "too large")
            receive(connection, _inbound(request, body, connection))
        except Forged:
            return _answer(401, "signature refused")
        except (DatabaseError, InterfaceError):
            logger.exception("An event could not be stored; the vendor is asked to send it again.")
            return _answer(503, "not stored")
        return _stored(connection)


def _stored(connection: Connection) -> HttpResponse:
    acknowledgement = vendor(connection.vendor).acknowledgement
    if acknowledgement is None:
        return _answer(200, "OK")
    body, content_type = acknowledgement
    return HttpResponse(body, content_type=content_type)


def _answer(status: int, word: str) -> HttpResponse:
    return JsonResponse({"status": word}, status=status)


def _read_body(request: Request) -> bytes | None:
    """The raw body; None when it is larger than we take. Also reads chunked bodies, which Django takes for empty."""
    limit: int = settings.WEBHOOK_MAX_BYTES
    environ = request._request.META
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body: bytes = environ["wsgi.input"].read(limit + 1)
        return body if len(body) <= limit else None
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > limit:
        return None
    return request._request.body


def _inbound(request: Request, body: bytes, connection: Connection) -> Inbound:
    return Inbound(
        method=request.method or "POST",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=[(name, value) for name, values in request._request.GET.lists() for value in values],
        body=body,
        content_type=request.content_type or "",
        options=connection.options or {},
        received_at=clock.now(),
    )
