"""What a person enters to connect a Salesforce org, and how it becomes an access token."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import jwt

from ..base import Account, Credential, Token
from ..errors import AuthenticationFailed, ConfigurationError, CrosswalkError, RateLimited, Unavailable
from ..http import Answer, Call, Http
from ..meanings import Meaning

FLOWS = ("client_credentials", "jwt")
LIMIT_PAUSE = timedelta(minutes=5)  # Salesforce never says how long (salesforce.md §2.5)
TOKEN_PATH = "services/oauth2/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_SECONDS = 180  # sources disagree whether 3 or 5 minutes are allowed (salesforce.md §1.2)
AUDIENCES = {"sandbox": "https://test.salesforce.com"}
AUDIENCE = "https://login.salesforce.com"

MY_DOMAIN = (
    "Enter your My Domain address as the base URL, for example https://acme.my.salesforce.com (Setup > My Domain). "
    "login.salesforce.com and test.salesforce.com do not work here."
)

CREDENTIALS = (
    Credential(
        "flow",
        "Sign-in",
        help="client_credentials: an External Client App with a Run As user. jwt: one with a certificate.",
        secret=False,
        required=False,
        choices=FLOWS,
    ),
    Credential(
        "client_id",
        "Consumer key",
        help="Setup > External Client App Manager > your app > Settings > OAuth Settings > Consumer Key and Secret.",
        secret=False,
    ),
    Credential(
        "client_secret",
        "Consumer secret",
        help="For client_credentials: beside the consumer key. Enable the flow there and choose a Run As user.",
        required=False,
    ),
    Credential(
        "username",
        "User name",
        help="For jwt: the integration user's name in Salesforce. The app must be pre-authorised for this user.",
        secret=False,
        required=False,
    ),
    Credential(
        "private_key",
        "Private key",
        help="For jwt: the PEM of the RSA key (2048 bits or more) whose certificate you uploaded to the app.",
        required=False,
    ),
)

OPTIONS = (
    Credential("api_version", "API version", help="66.0 unless you have a reason.", secret=False, required=False),
    Credential(
        "auto_assign",
        "Assignment rule for new leads",
        help="true: your active rule gives new leads an owner (default). false: none. Or the id of a rule. "
        "Updates never reassign.",
        secret=False,
        required=False,
    ),
    Credential(
        "allow_duplicates",
        "Save in spite of duplicate alerts",
        help="true: a duplicate rule that only alerts does not stop a record. Rules that block still do.",
        secret=False,
        required=False,
        choices=("true", "false"),
    ),
    Credential(
        "audience",
        "JWT audience",
        help="Only for jwt and only when Salesforce asks for it: an Experience Cloud site's address.",
        secret=False,
        required=False,
    ),
    Credential(
        "marker_field",
        "Marker field on Task",
        help="A text field of Task, 30 characters or more, that holds our change's id: a lost answer then never "
        "makes a second task.",
        secret=False,
        required=False,
    ),
    Credential(
        "note_object",
        "Kind of notes",
        help="ContentNote: the notes of Lightning (default). Note: the older kind, for orgs where notes are not on.",
        secret=False,
        required=False,
        choices=("ContentNote", "Note"),
    ),
)

# A piece of error_description, in lower case, and what it asks of a person. The first that fits wins.
TOKEN_HELP = {
    "not supported on this domain": MY_DOMAIN,
    "no client credentials user": "Choose a Run As user in the app's Client Credentials Flow, then test again.",
    "hasn't approved": "Pre-authorise the app for this user: set its policy to admin approved users and add a "
    "permission set or profile of the user.",
    "audience": "Check the environment (sandbox or production) of the connection: it decides the JWT's audience.",
    "expired": "Check this server's clock: the sign-in is valid for three minutes only.",
}
TOKEN_ERRORS = {
    "invalid_client_id": "Check the consumer key; a new app needs up to ten minutes until Salesforce knows it.",
    "invalid_client": "Check the consumer secret.",
    "invalid_app_access": "Let the integration user use the app: Setup > External Client App Manager > Policies.",
    "unsupported_grant_type": "Enable the flow in the app: OAuth Settings > Flow Enablement.",
}


def fetch_token(account: Account, http: Http) -> Token:
    """A new access token by the flow that the connection chose. Raises AuthenticationFailed with what to do."""
    flow = str(account.credentials.get("flow") or FLOWS[0])
    if flow not in GRANTS:
        raise ConfigurationError(f"There is no sign-in {flow}.", help=f"Choose one of {', '.join(FLOWS)}.")
    form = GRANTS[flow](account)
    answer = http.send(Call("POST", TOKEN_PATH, form=form, reads=True))
    if not answer.ok:
        raise _refusal(answer)
    return _token(answer.json)


def _client_credentials(account: Account) -> dict[str, str]:
    needed = _needed(account, "client_id", "client_secret")
    return {"grant_type": "client_credentials", **needed}


def _jwt_bearer(account: Account) -> dict[str, str]:
    needed = _needed(account, "client_id", "username", "private_key")
    claims = {
        "iss": needed["client_id"],
        "sub": needed["username"],
        "aud": str(account.options.get("audience") or AUDIENCES.get(account.environment, AUDIENCE)),
        "exp": int(time.time()) + JWT_SECONDS,
    }
    key = needed["private_key"].replace("\\n", "\n")  # as it comes out of an environment variable
    try:
        return {"grant_type": JWT_GRANT, "assertion": jwt.encode(claims, key, algorithm="RS256")}
    except (jwt.exceptions.PyJWTError, ValueError, TypeError) as error:
        raise AuthenticationFailed("The private key is not a readable RSA key in PEM form.") from error


GRANTS: Mapping[str, Callable[[Account], dict[str, str]]] = {
    "client_credentials": _client_credentials,
    "jwt": _jwt_bearer,
}


def _needed(account: Account, *names: str) -> dict[str, str]:
    given = {name: str(account.credentials.get(name) or "").strip() for name in names}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise AuthenticationFailed(f"{account.name} has no {' and no '.join(missing)}.")
    return given


def _token(body: Any) -> Token:
    """The session's length is the org's policy and is not told: a 401 says when it is over (salesforce.md §1.1)."""
    value = body.get("access_token") if isinstance(body, dict) else None
    if not value:
        raise ConfigurationError("The base URL answers, but not as Salesforce's sign-in does.", help=MY_DOMAIN)
    facts = {name: str(body[name]) for name in ("instance_url", "id") if body.get(name)}
    return Token(str(value), facts=facts)


def _refusal(answer: Answer) -> CrosswalkError:
    body = answer.json if isinstance(answer.json, dict) else {}
    code, description = str(body.get("error") or ""), str(body.get("error_description") or "")
    if answer.status == 429:
        return RateLimited("Salesforce takes no sign-in now.", retry_after=LIMIT_PAUSE, status=429)
    if answer.status >= 500:
        return Unavailable(f"Salesforce's sign-in answered {answer.status}.", status=answer.status)
    if not code:
        meaning = Meaning(ConfigurationError, MY_DOMAIN)
        return meaning.make("The base URL is not the address of a Salesforce org.", "", answer.status)
    said = (text for piece, text in TOKEN_HELP.items() if piece in description.lower())
    help_text = next(said, TOKEN_ERRORS.get(code, ""))
    return AuthenticationFailed(
        f"Salesforce: {description or code}", vendor_code=code, help=help_text, status=answer.status
    )
