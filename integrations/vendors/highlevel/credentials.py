"""What a person enters to connect a location of HighLevel, and how it becomes an access token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..base import Account, Credential, OAuth, Services, Token
from ..errors import AuthenticationFailed, ConfigurationError, CrosswalkError, RateLimited, Unavailable
from ..http import Answer, Call, Http, is_safe_url, secret_values
from ..redaction import Redactor

BASE_URL = "https://services.leadconnectorhq.com"
SIGN_IN_PAGE = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"  # highlevel.md §1.2
TOKEN_PATH, LOCATION_TOKEN_PATH = "oauth/token", "oauth/locationToken"  # the second in camelCase only (§1.2)
VERSION = {"Version": "2021-07-28"}  # wanted on /oauth/token too, one source says (§1.2)
PERSON, REFRESH_TOKEN = "authorization_code", "refresh_token"
COMPANY = "Company"
UNSAID_LENGTH = timedelta(hours=1)  # a day by contract, in expires_in (§1.2)
PAUSE = timedelta(seconds=10)  # one interval of the rate limit (§4)
SCOPES = (
    *("contacts.readonly", "contacts.write", "locations.readonly", "locations/tags.readonly", "locations/tags.write"),
    *("locations/customFields.readonly", "locations/tasks.readonly", "users.readonly", "workflows.readonly"),
    *("campaigns.readonly", "businesses.readonly", "businesses.write", "conversations.readonly"),
    *("conversations/message.readonly", "calendars/events.readonly", "oauth.readonly", "oauth.write"),
)  # what this product needs (§1.3); `oauth.*` are for an app that an agency installed

NEW_TOKEN = (
    "In HighLevel, in the sub-account: Settings > Private Integrations. Make an integration there and enter its token."
)
SIGN_IN = "Press Sign in at HighLevel on the connection's page."
WRONG_CLIENT = "Check client ID and client secret: HighLevel's developer portal has both under the app's Client Keys."
WRONG_ADDRESS = f"Empty the base URL of the connection: HighLevel's own is {BASE_URL}."
PAUSED = "Activate the sub-account in HighLevel again (it is paused or unpaid), then press Test connection."
OTHER_LOCATION = "Sign in again and choose the sub-account whose Location ID the connection has, or correct that ID."

CREDENTIALS = (
    Credential(
        "token",
        "Private integration token",
        help="In HighLevel, in the sub-account itself: Settings > Private Integrations > Create new integration. Tick "
        "the scopes that the documentation lists; the token (pit-…) is shown once. One of the agency does not work.",
        required=False,
    ),
    Credential(
        "client_id",
        "App client ID",
        help="Only instead of a token, for a Marketplace app of your own: in its Client Keys. A person then signs in "
        "with the button that appears on this page.",
        secret=False,
        required=False,
    ),
    Credential("client_secret", "App client secret", help="Beside the client ID; shown once.", required=False),
    Credential(
        "refresh_token",
        "App refresh token",
        help="Only when you have one already and nobody is to sign in here. It is used once, then HighLevel gives "
        "Crosswalk the next one: use it nowhere else.",
        required=False,
        once=True,
    ),
)


def _option(name: str, label: str, help: str, choices: tuple[str, ...] = ()) -> Credential:
    return Credential(name, label, help, secret=False, required=False, choices=choices)


OPTIONS = (
    _option(
        "location_id",
        "Location ID",
        "Of the sub-account: Settings > Business Profile, or the part of the browser's address after /location/.",
    ),
    _option(
        "scopes",
        "Scopes of the token",
        "Optional: the scopes that you ticked, with blanks between them. HighLevel does not tell which ones a "
        "private integration token has; with this, a missing one is said before a write is tried.",
    ),
    _option(
        "install_url",
        "Installation URL",
        "Only for an app: the installation link of HighLevel's developer portal, pasted whole. Empty: Crosswalk builds "
        "it from the client ID, which HighLevel does not take for every private app.",
    ),
    _option(
        "app_id",
        "App ID",
        "Only for an app: its ID in the developer portal. Webhooks of any other app are refused then.",
    ),
    _option(
        "webhook_public_key",
        "Webhook public key",
        "Only when HighLevel changes its key: the new one as a PEM, or several, one after the other. Empty: the key "
        "that HighLevel publishes.",
    ),
    _option(
        "legacy_signatures",
        "Webhooks with the old signature",
        "accept: also take webhooks that have only the old signature, X-WH-Signature, which HighLevel announced to end "
        "in September 2026. Empty: refuse them.",
        ("accept", "refuse"),
    ),
    _option(
        "workflow_webhooks",
        "Webhooks of workflows",
        "They are not signed; the secret in the webhook URL is the proof. accept or refuse. Empty: accept them unless "
        "the connection is that of an app, whose own webhooks are signed.",
        ("accept", "refuse"),
    ),
)


def fetch_token(account: Account, services: Services, http: Http) -> Token:
    """The next access token, by the newest refresh token: that of the last answer, else the one that was entered.

    Each is good once. When the answer was lost, the same one gives the same answer for 30 seconds (highlevel.md §1.2).
    Raises AuthenticationFailed with what to do.
    """
    if not account.credentials.get("client_id"):
        raise AuthenticationFailed(f"{account.name} has no token.", help=NEW_TOKEN)
    last = services.tokens.last()
    facts = dict(last.facts) if last else {}
    refresh_token = facts.get(REFRESH_TOKEN) or str(account.credentials.get(REFRESH_TOKEN) or "").strip()
    if not refresh_token:
        raise AuthenticationFailed(f"Nobody has signed in at HighLevel for {account.name} yet.", help=SIGN_IN)
    form = {"grant_type": REFRESH_TOKEN, REFRESH_TOKEN: refresh_token}
    kind = {"user_type": facts["user_type"]} if facts.get("user_type") else {}
    return _ask(account, services, http, {**form, **kind})


# --- a person signs in in the browser -----------------------------------------------------------------------------


def authorize_url(account: Account, redirect_uri: str, state: str) -> str:
    """The link of the portal where it was pasted: for a private app, one that is built may not be taken (§1.2)."""
    pasted = str(account.options.get("install_url") or "").strip()
    if pasted and not is_safe_url(pasted):
        raise ConfigurationError(
            "The installation URL is not an https:// address.", help="Paste it again, or empty it."
        )
    parts = urlsplit(pasted or SIGN_IN_PAGE)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    query = {**(given or _built_query(account)), "redirect_uri": redirect_uri, "state": state}
    return urlunsplit(parts._replace(query=urlencode(query)))


def _built_query(account: Account) -> dict[str, str]:
    """`version_id` is the app's id, with which a client id begins (§1.2)."""
    client_id = _needed(account, "client_id")["client_id"]
    app_id = str(account.options.get("app_id") or client_id.partition("-")[0])
    asked = {"response_type": "code", "client_id": client_id, "version_id": app_id}
    return asked | {"scope": " ".join(SCOPES), "loginWindowOpenMode": "self"}


def exchange(account: Account, services: Services, code: str, redirect_uri: str) -> Token:
    """The code becomes a token of the connection's location, with what renews it in its facts."""
    http = Http(account, services, account.base_url or BASE_URL, [*secret_values(account, CREDENTIALS), code])
    token = _ask(account, services, http, {"grant_type": PERSON, "code": code, "redirect_uri": redirect_uri})
    _check_location(account, token.facts.get("location_id", ""))
    return token


def is_ready(account: Account) -> bool:
    return bool(account.credentials.get("client_id")) and not account.credentials.get("token")


OAUTH = OAuth(
    label="Sign in at HighLevel",
    ready=is_ready,
    authorize_url=authorize_url,
    exchange=exchange,
    keeps_state=False,  # nowhere does HighLevel say that it gives the state back (highlevel.md §1.2)
)


# --- tokens -------------------------------------------------------------------------------------------------------


def _ask(account: Account, services: Services, http: Http, form: Mapping[str, str]) -> Token:
    """A token of the location. What an agency installed gives one of the agency, which is exchanged for it."""
    needed = _needed(account, "client_id", "client_secret")
    body = _posted(account, http, TOKEN_PATH, {**needed, **form}, VERSION)
    if _said(body, "userType") != COMPANY:
        return _token(body, body)
    services.tokens.put(replace(_token(body, body), expires_at=datetime.now(UTC)))  # the exchange may fail yet
    return _token(_location_token(account, http, body), body)


def _location_token(account: Account, http: Http, company: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ConfigurationError when nobody said which of the agency's locations it is."""
    location_id = str(account.options.get("location_id") or "").strip()
    if not location_id:
        raise ConfigurationError(
            "The app was installed by an agency, which has several sub-accounts.",
            help="Enter the Location ID in the connection's options, then press Test connection.",
        )
    headers = {**VERSION, "Authorization": f"Bearer {_said(company, 'accessToken')}"}
    form = {"companyId": _said(company, "companyId"), "locationId": location_id}
    given = _posted(account, http, LOCATION_TOKEN_PATH, form, headers)
    return {"locationId": location_id, **given}


def _posted(
    account: Account, http: Http, path: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> Mapping[str, Any]:
    answer = http.send(Call("POST", path, form=form, headers=headers, reads=True))
    if not answer.ok:
        raise _refusal(account, answer)
    body = answer.json
    if not isinstance(body, dict) or not _said(body, "accessToken"):
        raise ConfigurationError("The base URL answers, but not as HighLevel's sign-in does.", help=WRONG_ADDRESS)
    return body


def _token(body: Mapping[str, Any], renewing: Mapping[str, Any]) -> Token:
    """`renewing` is the answer whose refresh token gives the next one; an agency's token ends with it, too."""
    lengths = [each for each in (_seconds(body), _seconds(renewing)) if each is not None]
    facts = {
        REFRESH_TOKEN: _said(renewing, "refreshToken"),
        "user_type": _said(renewing, "userType"),
        "company_id": _said(renewing, "companyId"),
        "location_id": _said(body, "locationId"),
        "scope": _said(body, "scope"),
    }
    length = timedelta(seconds=min(lengths)) if lengths else UNSAID_LENGTH
    known = {name: fact for name, fact in facts.items() if fact}
    return Token(_said(body, "accessToken"), datetime.now(UTC) + length, known)


def _check_location(account: Account, location_id: str) -> None:
    """Somebody may have chosen another sub-account in the browser: then nothing of it is kept."""
    ours = str(account.options.get("location_id") or "").strip()
    if ours and location_id and location_id != ours:
        raise ConfigurationError("The sign-in is of another sub-account than the connection.", help=OTHER_LOCATION)


def _said(body: Mapping[str, Any], name: str) -> str:
    """In either spelling: accessToken of the new generation, access_token of the dated one (highlevel.md §1.5)."""
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    return next((str(body[key]) for key in (name, snake) if body.get(key)), "")


def _seconds(body: Mapping[str, Any]) -> int | None:
    said = body.get("expires_in", body.get("expiresIn"))
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _refusal(account: Account, answer: Answer) -> CrosswalkError:
    body = answer.json if isinstance(answer.json, dict) else {}
    words = _words(account, body)
    if answer.status == 429:
        return RateLimited("HighLevel takes no sign-in now.", retry_after=PAUSE, status=429)
    if answer.status >= 500:
        return Unavailable(f"HighLevel's sign-in answered {answer.status}.", status=answer.status)
    if not words:
        return ConfigurationError("The base URL is not the address of HighLevel.", help=WRONG_ADDRESS)
    if "not active" in words.lower():  # the same refresh token works again later (highlevel.md §1.2)
        return ConfigurationError(f"HighLevel: {words}", vendor_code="400", help=PAUSED, status=answer.status)
    is_grant = any(word in words.lower() for word in ("grant", "code", "refresh"))
    help_text = SIGN_IN if is_grant else WRONG_CLIENT
    return AuthenticationFailed(
        f"HighLevel: {words}", vendor_code=str(answer.status), help=help_text, status=answer.status
    )


def _words(account: Account, body: Mapping[str, Any]) -> str:
    said = body.get("error_description") or body.get("message") or body.get("error") or ""
    words = "; ".join(map(str, said)) if isinstance(said, list) else str(said)
    return Redactor(secret_values(account, CREDENTIALS))(words)


def _needed(account: Account, *names: str) -> dict[str, str]:
    given = {name: str(account.credentials.get(name) or "").strip() for name in names}
    missing = [name for name, value in given.items() if not value]
    if missing:
        words = " and no ".join(missing).replace("_", " ")
        raise AuthenticationFailed(f"{account.name} has no {words}.", help=WRONG_CLIENT)
    return given
