"""Webhook tokens: the secret part of a connection's webhook URL."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from .models import Connection


def hash_token(token: str) -> str:
    """What is looked up: comparing hashes tells nothing about how much of a token was right."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def set_token(connection: Connection, token: str = "") -> None:
    """Give the connection this webhook token, or a fresh one. Does not save."""
    connection.webhook_token = token or secrets.token_urlsafe(24)
    connection.webhook_token_hash = hash_token(connection.webhook_token)


def callback_url(connection: Connection) -> str:
    """The address that the vendor must be given."""
    return f"{settings.PUBLIC_URL}/webhooks/{connection.vendor}/{connection.webhook_token}/"


def find_connection(vendor: str, token: str) -> Connection | None:
    """The connection this webhook URL names. One look-up whether the token is right, wrong or empty."""
    return Connection.objects.filter(webhook_token_hash=hash_token(token), vendor=vendor).first()
