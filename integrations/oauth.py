"""Signing in at a vendor in the browser: out to its page, and back with a code that becomes a token."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from .admin_pages import advice
from .clients import SharedToken, account_of, open_services
from .crypto import CannotDecrypt
from .health import account_changed
from .models import Connection
from .vendors.base import OAuth, Token
from .vendors.errors import CrosswalkError
from .vendors.registry import VENDORS

CHANGE = "integrations.change_connection"
STATE = "oauth_state"  # in the session: by connection, what must come back and until when
MINUTES = 10


def oauth_of(connection: Connection) -> OAuth | None:
    """How this connection is signed in in the browser; None when its vendor or its settings have no such way."""
    kind = VENDORS.get(connection.vendor)
    try:
        return kind.oauth if kind and kind.oauth and kind.oauth.ready(account_of(connection)) else None
    except (CannotDecrypt, CrosswalkError):
        return None


def redirect_uri(connection: Connection) -> str:
    """The address that the vendor must be told to come back to."""
    return f"{settings.PUBLIC_URL}{reverse('oauth-callback', args=[connection.name])}"


@require_GET
def start(request: HttpRequest, name: str) -> HttpResponse:
    connection, oauth = _asked(request, name)
    state = secrets.token_urlsafe(32)
    try:
        url = oauth.authorize_url(account_of(connection), redirect_uri(connection), state)
    except CrosswalkError as error:
        messages.error(request, advice(error))
        return _to_page(connection)
    request.session[STATE] = {name: [state, time.time() + MINUTES * 60]}
    return redirect(url)


@require_GET
def callback(request: HttpRequest, name: str) -> HttpResponse:
    """Nothing is asked of the vendor unless this browser began the sign-in."""
    connection, oauth = _asked(request, name)
    code = request.GET.get("code", "")
    if not _is_expected(request, name, oauth):
        messages.error(request, _("This sign-in was not begun here, or too long ago. Press the button again."))
    elif not code:
        messages.error(
            request, _("The vendor did not let us in: %s.") % request.GET.get("error", _("no reason given"))[:80]
        )
    else:
        _sign_in(request, connection, oauth, code)
    return _to_page(connection)


def keep_sign_in(connection: Connection, token: Token) -> None:
    """What waited for the sign-in goes on. The token is stored encrypted, with what renews it."""
    with transaction.atomic():
        account_changed(connection)
        SharedToken(connection.pk).put(token)


def _asked(request: HttpRequest, name: str) -> tuple[Connection, OAuth]:
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    connection = get_object_or_404(Connection, name=name)
    oauth = oauth_of(connection)
    if oauth is None:
        raise Http404
    return connection, oauth


def _is_expected(request: HttpRequest, name: str, oauth: OAuth) -> bool:
    """Each state is good once, for its connection, in the session that it was made for.

    Where the vendor may not give it back, that this very session has begun and not ended a sign-in must do.
    """
    kept: dict[str, Any] = request.session.pop(STATE, {})
    state, until = kept.get(name, ("", 0))
    given = request.GET.get("state", state if not oauth.keeps_state else "")
    return bool(state) and time.time() < until and secrets.compare_digest(state.encode(), given.encode())


def _sign_in(request: HttpRequest, connection: Connection, oauth: OAuth, code: str) -> None:
    try:
        token = oauth.exchange(account_of(connection), open_services(connection), code, redirect_uri(connection))
    except CrosswalkError as error:
        messages.error(request, advice(error))
        return
    keep_sign_in(connection, token)
    messages.success(request, _("Signed in. Press Test connection to see what works."))


def _to_page(connection: Connection) -> HttpResponse:
    return redirect("admin:integrations_connection_change", connection.pk)
