"""What a person enters to connect a Responder Live account, and how it becomes an access token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..base import Account, Credential, Token
from ..errors import AuthenticationFailed, ConfigurationError, CrosswalkError, RateLimited, Unavailable
from ..http import Answer, Call, Http, secret_values
from ..redaction import Redactor

BASE_URL = "https://graph.responder.live/v2"  # api.responder.live is said to be the same (responder.md §8 no. 9)
TOKEN_PATH = "oauth/token"
TOKEN_FIELDS = ("token", "access_token")  # the server says the first, the vendor's article the second (§1b)
PAUSE = timedelta(minutes=1)

WHERE = "In Responder Live: the gear > API connections (חיבורים חיצוניים API) > general key (מפתח כללי לחשבון), active."
CHECK_KEYS = (
    "Check client ID, client secret and user token: Responder Live shows all three where the general key is. Keys of "
    "the old Responder do not work here."
)
WRONG_ADDRESS = "Check the base URL of the connection: it must be the address of the Responder Live API, ending in /v2."

CREDENTIALS = (
    Credential("client_id", "Client ID", help=f"{WHERE} It is a number.", secret=False),
    Credential("client_secret", "Client secret", help="Beside the client ID."),
    Credential("user_token", "User token", help="Beside the client ID. It says whose account it is."),
)
OPTIONS = (
    Credential(
        "hook_fields",
        "Keys of your own webhooks",
        help="Only for webhooks that you made in Responder Live with keys of your own: the key and what it is, for "
        "example: דואל = email; נייד = phone; כתובת = joined_email. Keys that are not listed are read as they are.",
        secret=False,
        required=False,
        table=True,
    ),
    Credential(
        "hook_lists",
        "Lists that report",
        help="The ids of the lists that get webhooks when the connection is registered, for example 101, 102. Empty: "
        "every list but computed ones.",
        secret=False,
        required=False,
    ),
)


def fetch_token(account: Account, http: Http) -> Token:
    """The next access token. Raises AuthenticationFailed with what to do."""
    answer = http.send(Call("POST", TOKEN_PATH, body=_request(account), reads=True))
    body = answer.json if isinstance(answer.json, dict) else {}
    value = next((str(body[name]) for name in TOKEN_FIELDS if answer.ok and body.get(name)), "")
    if not value:
        raise _refusal(account, answer, body)
    return Token(value, _expires_at(body, value), _facts(body))


def client_id(account: Account) -> int | str:
    """A number where it is one: one site says that a text is refused (responder.md §1b)."""
    text = str(account.credentials.get("client_id") or "").strip()
    return int(text) if text.isascii() and text.isdigit() else text


def _request(account: Account) -> dict[str, Any]:
    given = {c.name: str(account.credentials.get(c.name) or "").strip() for c in CREDENTIALS}
    missing = [c.label.lower() for c in CREDENTIALS if not given[c.name]]
    if missing:
        raise AuthenticationFailed(f"{account.name} has no {' and no '.join(missing)}.", help=CHECK_KEYS)
    return {"grant_type": "client_credentials", "scope": "*", **given, "client_id": client_id(account)}


def _expires_at(body: Mapping[str, Any], token: str) -> datetime | None:
    """`expire` is a moment in seconds since 1970, not a length; else what the JWT says; else nobody knows (§1b)."""
    for said in (body.get("expire") or "", _claims(token).get("exp") or ""):
        try:
            return datetime.fromtimestamp(float(said), UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            continue
    return None


def _claims(token: str) -> dict[str, Any]:
    """What a JWT says of itself; nothing when it is none. Nobody checks its signature but the vendor."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _facts(body: Mapping[str, Any]) -> dict[str, str]:
    """What the connection test tells a person who has a real account (responder.md §8)."""
    facts = {name: str(body[name]) for name in ("account_id", "name") if body.get(name)}
    facts["token_field"] = next(name for name in TOKEN_FIELDS if body.get(name))
    return facts | {"expiry": "expire" if body.get("expire") else "the token itself, or nothing"}


def _refusal(account: Account, answer: Answer, body: Mapping[str, Any]) -> CrosswalkError:
    """A refusal may come as 4xx or as 200 with `status: false`: what counts is that there is no token."""
    if answer.status == 429:
        return RateLimited("Responder Live gives no token now.", retry_after=PAUSE, status=429)
    if answer.status >= 500:
        return Unavailable(f"Responder Live's sign-in answered {answer.status}.", status=answer.status)
    if not body and answer.status not in (400, 401, 403):
        return ConfigurationError("The base URL is not the address of Responder Live.", help=WRONG_ADDRESS)
    words = str(body.get("message") or body.get("error") or f"no token, HTTP {answer.status}")
    said = Redactor(secret_values(account, CREDENTIALS))(words)
    return AuthenticationFailed(f"Responder Live: {said}", help=CHECK_KEYS, status=answer.status)
