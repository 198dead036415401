"""What a person enters to connect a GetResponse account, and how it becomes an access token."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..base import Account, Credential, OAuth, Services, Token
from ..errors import AuthenticationFailed, ConfigurationError, CrosswalkError, RateLimited, Unavailable
from ..http import Answer, Call, Http, is_safe_url, secret_values
from ..redaction import Redactor

BASE_URL = "https://api.getresponse.com/v3"
SIGN_IN_PAGE = "https://app.getresponse.com/oauth2_authorize.html"  # getresponse.md §1
TOKEN_PATH = "token"
CLIENT, PERSON = "client_credentials", "authorization_code"
TOKEN_FLOWS = (CLIENT, PERSON)
REFRESH_TOKEN = "refresh_token"
UNSAID_LENGTH = timedelta(hours=1)  # the shorter of the two that the OAS shows; it is to be read each time (§1)
PAUSE = timedelta(minutes=1)

SIGN_IN = "Press Sign in at GetResponse on the connection's page."
WRONG_CLIENT = "Check client ID and client secret: GetResponse shows both where the application was registered."
WRONG_ADDRESS = "Check the base URL of the connection: it must be the address of the GetResponse API, ending in /v3."

CREDENTIALS = (
    Credential(
        "api_key",
        "API key",
        help="In GetResponse: Tools > Integrations & API > API > Generate API key. A key unused for 90 days expires.",
        required=False,
    ),
    Credential(
        "flow",
        "OAuth sign-in",
        help="Only instead of an API key. authorization_code: a person signs in with the button that appears on this "
        "page. client_credentials: the application signs in by itself.",
        secret=False,
        required=False,
        choices=TOKEN_FLOWS,
    ),
    Credential(
        "client_id",
        "OAuth client ID",
        help="For an OAuth sign-in: of the application that you registered in GetResponse.",
        secret=False,
        required=False,
    ),
    Credential(
        "client_secret",
        "OAuth client secret",
        help="For an OAuth sign-in: beside the client ID.",
        required=False,
    ),
    Credential(
        "access_token",
        "OAuth access token",
        help="Only when you have a token and nothing to renew it with. Crosswalk then cannot renew it either.",
        required=False,
    ),
)

OPTIONS = (
    Credential(
        "x_domain",
        "MAX domain",
        help="Only for GetResponse MAX: your domain without https:// and without www., for example example.com. "
        "Also set the base URL to https://api3.getresponse360.com/v3 or https://api3.getresponse360.pl/v3.",
        secret=False,
        required=False,
    ),
    Credential(
        "callback_path",
        "Callback path",
        help="Leave empty: GetResponse has one callback for the account. Only for a gateway in front of GetResponse "
        "that takes callbacks for each list: its path, for example callbacks.",
        secret=False,
        required=False,
    ),
    Credential(
        "sign_in_page",
        "Sign-in page",
        help=f"Only for an OAuth sign-in by a person, and only when yours is not {SIGN_IN_PAGE}.",
        secret=False,
        required=False,
    ),
    Credential(
        "create_tags",
        "Create tags",
        help="true: a tag that GetResponse does not have yet is made when it is needed. "
        "Empty: the change fails and says which tag is missing.",
        secret=False,
        required=False,
        choices=("true", "false"),
    ),
    Credential(
        "tag_names",
        "Tag names",
        help="GetResponse's tags have only the letters a to z, digits and _. What to call other tags there, for "
        "example: VIP client = vip; לקוח = customer",
        secret=False,
        required=False,
        table=True,
    ),
)


def flow_of(account: Account) -> str:
    """The OAuth sign-in that the connection chose; "" for a key or a token that is entered."""
    flow = str(account.credentials.get("flow") or "")
    if flow and flow not in TOKEN_FLOWS:
        raise ConfigurationError(f"There is no sign-in {flow}.", help=f"Choose one of {', '.join(TOKEN_FLOWS)}.")
    return flow


def domain_header(account: Account) -> dict[str, str]:
    """MAX wants it on every call, those for a token too; others must not send it (getresponse.md §1)."""
    domain = str(account.options.get("x_domain") or "")
    return {"X-Domain": domain} if domain else {}


def fetch_token(account: Account, services: Services, http: Http) -> Token:
    """The next access token. Raises AuthenticationFailed with what to do."""
    if flow_of(account) == CLIENT:
        return _ask(account, http, {"grant_type": CLIENT})
    last = services.tokens.last()
    refresh_token = last.facts.get(REFRESH_TOKEN) if last else ""
    if not refresh_token:
        raise AuthenticationFailed(f"Nobody has signed in at GetResponse for {account.name} yet.", help=SIGN_IN)
    return _ask(account, http, {"grant_type": REFRESH_TOKEN, REFRESH_TOKEN: refresh_token}, refresh_token)


# --- a person signs in in the browser -----------------------------------------------------------------------------


def authorize_url(account: Account, redirect_uri: str, state: str) -> str:
    """GetResponse goes back to the address that the application was registered with, so ours is not told."""
    page = str(account.options.get("sign_in_page") or SIGN_IN_PAGE)
    if not is_safe_url(page):
        raise ConfigurationError(
            "The sign-in page is not an https:// address.", help="Correct the option, or empty it."
        )
    client_id = _needed(account, "client_id")["client_id"]
    return f"{page}?{urlencode({'response_type': 'code', 'client_id': client_id, 'state': state})}"


def exchange(account: Account, services: Services, code: str, redirect_uri: str) -> Token:
    """The code, good for ten minutes and once, becomes a token with what renews it in its facts."""
    secrets = [*secret_values(account, CREDENTIALS), code]
    http = Http(account, services, account.base_url or BASE_URL, secrets)
    return _ask(account, http, {"grant_type": PERSON, "code": code})


OAUTH = OAuth(
    label="Sign in at GetResponse",
    ready=lambda account: flow_of(account) == PERSON,
    authorize_url=authorize_url,
    exchange=exchange,
)


# --- tokens -------------------------------------------------------------------------------------------------------


def _ask(account: Account, http: Http, form: Mapping[str, str], refresh_token: str = "") -> Token:
    needed = _needed(account, "client_id", "client_secret")
    pair = b64encode(f"{needed['client_id']}:{needed['client_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", **domain_header(account)}
    answer = http.send(Call("POST", TOKEN_PATH, form=form, headers=headers, reads=True))
    if not answer.ok:
        raise _refusal(account, answer)
    return _token(answer.json, refresh_token)


def _token(body: Any, refresh_token: str) -> Token:
    value = body.get("access_token") if isinstance(body, dict) else None
    if not value:
        raise ConfigurationError("The base URL answers, but not as GetResponse's sign-in does.", help=WRONG_ADDRESS)
    seconds = body.get("expires_in")
    length = timedelta(seconds=seconds) if isinstance(seconds, int) else UNSAID_LENGTH
    facts = {REFRESH_TOKEN: str(body.get(REFRESH_TOKEN) or refresh_token)}
    return Token(str(value), datetime.now(UTC) + length, {name: fact for name, fact in facts.items() if fact})


def _refusal(account: Account, answer: Answer) -> CrosswalkError:
    """As OAuth has it (`error`), or in GetResponse's own form (`code`)."""
    body = answer.json if isinstance(answer.json, dict) else {}
    code = str(body.get("error") or body.get("code") or "")
    if answer.status == 429:
        return RateLimited("GetResponse takes no sign-in now.", retry_after=PAUSE, status=429)
    if answer.status >= 500:
        return Unavailable(f"GetResponse's sign-in answered {answer.status}.", status=answer.status)
    if not code:
        return ConfigurationError("The base URL is not the address of GetResponse.", help=WRONG_ADDRESS)
    if code == "1024":
        return ConfigurationError("GetResponse does not know the MAX domain.", help="Check it in the options.")
    words = str(body.get("error_description") or body.get("message") or code)
    said = Redactor(secret_values(account, CREDENTIALS))(words)
    help_text = SIGN_IN if code == "invalid_grant" else WRONG_CLIENT
    return AuthenticationFailed(f"GetResponse: {said}", vendor_code=code, help=help_text, status=answer.status)


def _needed(account: Account, *names: str) -> dict[str, str]:
    given = {name: str(account.credentials.get(name) or "").strip() for name in names}
    missing = [name for name, value in given.items() if not value]
    if missing:
        words = " and no ".join(missing).replace("_", " ")
        raise AuthenticationFailed(f"{account.name} has no {words}.", help=WRONG_CLIENT)
    return given
