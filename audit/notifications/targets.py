"""Where a channel leads: e-mail addresses, or a URL that the notification library knows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from integrations.crypto import CannotDecrypt
from integrations.vendors.http import is_safe_url

from .models import NotificationChannel

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
HERE = ("dbus", "qt", "kde", "glib", "gnome", "macosx", "windows", "syslog")  # this machine's own desktop and log
_SEVERAL = re.compile(r"[,;\s]+")


def target_of(channel: NotificationChannel) -> str:
    """Where it leads; "" when that cannot be decrypted, or the channel was removed just now."""
    try:
        return str(channel.target)
    except (CannotDecrypt, NotificationChannel.DoesNotExist):
        return ""


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def addresses_in(target: str) -> list[str]:
    """The e-mail addresses that the target is; none when it is a URL."""
    return [] if "://" in target else [each.lower() for each in _SEVERAL.split(target) if each]


def problem_of_target(target: str) -> str:
    """Why nothing can be sent there; "" when it can."""
    wrong = [each for each in addresses_in(target) if not is_address(each)]
    if wrong:
        return f"'{wrong[0][:60]}' is neither an e-mail address nor a URL."
    if "://" not in target:
        return "" if target.strip() else "Enter e-mail addresses or a URL."
    if target.startswith("http:") and not is_safe_url(target):
        return "A URL starts with https://, or with http:// when it is on this machine."
    return "" if service_of(target) else "Nobody knows such a URL: copy it from Slack, Teams or the tool once more."


def masked(target: str) -> str:
    """The target as it may be shown: without the part that is a secret."""
    addresses = addresses_in(target)
    if addresses:
        return ", ".join(addresses)
    service = service_of(target)
    host = urlsplit(target).hostname or ""
    if service is None:
        return ""
    return f"{service.service_name}, {host}" if target.startswith("http") else str(service.service_name)


def service_of(target: str) -> Any:
    """The library's object for a URL, with our limits of time; None when nobody knows the URL, or it stays here."""
    if target.partition("://")[0].lower() in HERE:
        return None
    library = notification_library()
    asset = library.AppriseAsset(
        app_id="Crosswalk", app_desc="Crosswalk", storage_mode="memory", image_url_mask="", image_url_logo=""
    )
    found = None
    for url in (target, _as_webhook(target)):
        found = found or library.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if found is not None:
        found.socket_connect_timeout, found.socket_read_timeout = CONNECT_SECONDS, ANSWER_SECONDS
        found.redirects = False
    return found


def _as_webhook(url: str) -> str:
    """A plain https:// address takes JSON. Its own query is marked, else the library would take it for options."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    query = urlencode([(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)])
    return f"json{parts.scheme[4:]}://{parts.netloc}{parts.path}{'?' if query else ''}{query}"


@lru_cache
def notification_library() -> Any:
    """Read in where it is used: most processes never are, and it costs half a second and 25 MB."""
    import apprise

    return apprise
