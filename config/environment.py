"""Reads the environment, and refuses to start a production that is not safe."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT_SECRET = "development-only-secret-key-never-use-it-in-production"

env = environ.Env()
env.read_env(str(BASE_DIR / ".env"))


def secret_key(debug: bool) -> str:
    """SECRET_KEY; in development a fixed one stands in."""
    value: str = env.str("SECRET_KEY", "")
    if value and (debug or value != DEVELOPMENT_SECRET):
        return value
    if debug:
        return DEVELOPMENT_SECRET
    raise ImproperlyConfigured(
        "SECRET_KEY is missing or is the development one. Set SECRET_KEY to 50 random characters."
    )


def credential_keys(debug: bool, secret: str) -> list[str]:
    """CREDENTIAL_KEYS: Fernet keys, the first encrypts, all decrypt; in development one is derived from SECRET_KEY."""
    keys = [key.strip() for key in env.str("CREDENTIAL_KEYS", "").split(",") if key.strip()]
    if not keys and debug:
        return [urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()]
    if not keys:
        raise ImproperlyConfigured(
            "CREDENTIAL_KEYS is missing. Make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        )
    for number, key in enumerate(keys, 1):
        _check_key(key, number)
    return keys


def mail_settings() -> dict[str, Any]:
    """Django's mail settings from EMAIL_URL; empty when it is not set: then nothing is sent, and that is said."""
    url = env.str("EMAIL_URL", "")
    try:
        known = env.email_url_config(url) if url else {}
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured("EMAIL_URL starts with smtp://, smtp+tls:// or smtp+ssl://.") from error
    return known | {"EMAIL_PORT": known["EMAIL_PORT"] or 25} if known else {}


def sender_of(public_url: str) -> str:
    """EMAIL_FROM, else crosswalk@ and the host of PUBLIC_URL."""
    host = urlsplit(public_url).hostname or "localhost"
    sender: str = env.str("EMAIL_FROM", "") or f"Crosswalk <crosswalk@{host}>"
    return sender


def _check_key(key: str, number: int) -> None:
    try:
        Fernet(key.encode())
    except ValueError as error:
        raise ImproperlyConfigured(f"CREDENTIAL_KEYS: key {number} is not a Fernet key.") from error


def hosts_of(public_url: str, debug: bool) -> list[str]:
    """ALLOWED_HOSTS: as set, else the host of PUBLIC_URL and this machine."""
    named: list[str] = env.list("ALLOWED_HOSTS", default=[])
    host = urlsplit(public_url).hostname
    local = ["localhost", "127.0.0.1", "[::1]"]
    return named or ([host] if host and host not in local else []) + local + (["testserver"] if debug else [])
