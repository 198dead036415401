"""One HTTP call to a vendor: budget first, timeouts always, an exchange noted without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from .base import Account, Credential, Exchange, Services
from .errors import ConfigurationError, CrosswalkError, OutcomeUnknown, ReadOnly, Unavailable
from .redaction import Redactor

CONNECT_SECONDS = 5
READ_SECONDS = 30
NOTED_CHARACTERS = 8 * 1024
READING_METHODS = ("GET", "HEAD", "OPTIONS")
SECRET_HEADERS = ("authorization", "x-auth-token")
UNSAID_HEADERS = (*SECRET_HEADERS, "content-type", "accept", "user-agent")


@dataclass(frozen=True)
class Answer:
    """What the vendor answered, whatever its status. `json` is None when the body is not JSON."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @cached_property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Call:
    """One request as it goes out; `path` is joined to the base URL unless it is a whole URL."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] | None = None
    body: Any = None  # sent as JSON
    form: Mapping[str, str] | None = None  # sent form-encoded
    text: str | None = None  # sent as it is, with a Content-Type among the headers
    reads: bool = False  # a POST that changes nothing: a search, a token

    @property
    def writes(self) -> bool:
        return self.method not in READING_METHODS and not self.reads


@dataclass(frozen=True)
class _Sent:
    """What came of one request, and how long it took."""

    result: Answer | requests.RequestException
    milliseconds: int


class Http:
    """The calls of one account. Safe to use from several threads; never retries, never follows a redirect."""

    def __init__(
        self, account: Account, services: Services, base_url: str, secrets: Iterable[str] = (), parallel: int = 4
    ) -> None:
        self.account = account
        self.services = services
        self.base_url = base_url.rstrip("/")
        self._secrets = tuple(secrets)
        self._parallel = max(1, parallel)
        self._session = new_session(parallel)

    def send(self, call: Call) -> Answer:
        """Make the call once. Raises Unavailable (not sent, or a read) or OutcomeUnknown (a write with no answer)."""
        [outcome] = self.send_many([call])
        if isinstance(outcome, CrosswalkError):
            raise outcome
        return outcome

    def send_many(self, calls: Sequence[Call]) -> list[Answer | CrosswalkError]:
        """Make calls several at a time; each has its own outcome, in order. The budget pays for all or for none.

        Only the network is used in other threads: budget and journal are asked in the caller's.
        """
        for call in calls:
            if call.writes and self.account.read_only:
                raise ReadOnly(f"{self.account.name} is read-only: {call.method} was not sent.")
        urls = [self.address(call.path) for call in calls]
        self.services.budget.spend(len(calls))
        return [
            self._outcome(call, url, sent) for call, url, sent in zip(calls, urls, self._sent(calls, urls), strict=True)
        ]

    def _sent(self, calls: Sequence[Call], urls: Sequence[str]) -> list[_Sent]:
        if len(calls) == 1:
            return [self._timed(calls[0], urls[0])]
        with ThreadPoolExecutor(min(self._parallel, len(calls))) as pool:
            return list(pool.map(self._timed, calls, urls))

    def _timed(self, call: Call, url: str) -> _Sent:
        started = time.monotonic()
        try:
            result: Answer | requests.RequestException = self._exchange(call, url)
        except requests.RequestException as error:
            result = error
        return _Sent(result, round((time.monotonic() - started) * 1000))

    def _outcome(self, call: Call, url: str, sent: _Sent) -> Answer | CrosswalkError:
        if isinstance(sent.result, Answer):
            self._note(call, url, sent.result.status, sent.milliseconds, sent.result.text)
            return sent.result
        self._note(call, url, None, sent.milliseconds, type(sent.result).__name__)
        failure = self._failure(call, sent.result)
        failure.__cause__ = sent.result
        return failure

    def address(self, path: str) -> str:
        """The whole URL. Raises ConfigurationError unless it is https or goes to this machine."""
        url = path if path.startswith(("https://", "http://")) else f"{self.base_url}/{path.lstrip('/')}"
        if not is_safe_url(url):
            raise ConfigurationError(
                f"The address of {self.account.name} is not an https:// address.",
                help="Enter the base URL with https:// and press Test connection.",
            )
        return url

    def _exchange(self, call: Call, url: str) -> Answer:
        response = self._session.request(
            call.method,
            url,
            params=list(call.query) or None,
            headers=_headers(call),
            data=_encoded(call),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,  # a redirect would carry the key to another host
        )
        return Answer(response.status_code, CaseInsensitiveDict(response.headers), response.content)

    def _failure(self, call: Call, error: requests.RequestException) -> CrosswalkError:
        name = self.account.name
        if was_not_sent(error):
            return Unavailable(f"{name} could not be reached: nothing was sent.")
        if call.writes:
            return OutcomeUnknown(f"{name} did not answer after the request was sent.")
        return Unavailable(f"{name} did not answer.")

    def _note(self, call: Call, url: str, status: int | None, milliseconds: int, response: str) -> None:
        redact = Redactor((*self._secrets, *_header_secrets(call)))
        request = "\n".join(filter(None, (_said_headers(call), (_encoded(call) or b"").decode())))
        query = requests.Request("GET", url, params=list(call.query)).prepare().url or url
        exchange = Exchange(
            call.method,
            redact(query)[:NOTED_CHARACTERS],
            status,
            milliseconds,
            redact(request[: 2 * NOTED_CHARACTERS])[:NOTED_CHARACTERS],
            redact(response[: 2 * NOTED_CHARACTERS])[:NOTED_CHARACTERS],
        )
        self.services.journal.note(exchange)


def is_safe_url(url: str) -> bool:
    """https anywhere; plain http only to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def secret_values(account: Account, credentials: Iterable[Credential]) -> list[str]:
    """The account's secrets, to be kept out of everything that is stored or shown."""
    return [str(account.credentials.get(c.name) or "") for c in credentials if c.secret]


def was_not_sent(error: requests.RequestException) -> bool:
    """Is it certain that the vendor never saw the request? A doubt counts as sent."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.InvalidURL)):
        return True
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate verify failed" in str(error).lower()
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def new_session(parallel: int) -> requests.Session:
    """Keeps no cookies, sends nobody's stored password, never tries again by itself."""
    session = requests.Session()
    session.auth = _leave_alone  # keeps a .netrc of the host from replacing our Authorization header
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=max(parallel, 2), max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _headers(call: Call) -> dict[str, str]:
    headers = {"User-Agent": "Crosswalk", "Accept": "application/json", **(call.headers or {})}
    if call.body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    elif call.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return headers


def _encoded(call: Call) -> bytes | None:
    if call.text is not None:
        return call.text.encode("utf-8", "replace")
    if call.body is not None:
        return json.dumps(call.body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    if call.form is not None:
        body = requests.Request("POST", "http://localhost", data=dict(call.form)).prepare().body or ""
        return body if isinstance(body, bytes) else body.encode()
    return None


def _header_secrets(call: Call) -> list[str]:
    values = [v for k, v in (call.headers or {}).items() if k.lower() in SECRET_HEADERS]
    return [value.rsplit(" ", 1)[-1] for value in values]


def _said_headers(call: Call) -> str:
    said = {k: v for k, v in (call.headers or {}).items() if k.lower() not in UNSAID_HEADERS}
    return "".join(f"{name}: {value}\n" for name, value in said.items())
