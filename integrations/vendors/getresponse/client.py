"""How GetResponse is spoken to: address, key, paging, limits, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..base import Account, Services, Token
from ..errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unavailable,
)
from ..http import Answer, Call, Http, secret_values
from ..meanings import Meaning
from ..redaction import Redactor, without_addresses
from .capabilities import CAPABILITIES
from .credentials import BASE_URL, CREDENTIALS, SIGN_IN, WRONG_ADDRESS, domain_header, fetch_token, flow_of

PER_PAGE = 1000
FRAME = timedelta(minutes=10)
CALLS_PER_SECOND = 80  # X-RateLimit-Limit says this when it speaks of the second, 30000 when of the frame (§5)
WAIT_WHEN_NOTHING_IS_SAID = 5
FLAGS = "additionalFlags"
BLOCKLISTS = ("blocklists", "blacklists")  # today's name and that of 2023

Query = Sequence[tuple[str, str]]
Outcome = Answer | CrosswalkError

BLOCKED = "Ask GetResponse support why API access is blocked, then press Test connection."
WRONG_VALUE = "GetResponse refused a value. Correct the record or the mapping, then press Retry."

# The code decides, not the HTTP status: a 404 is not always a contact that is gone (getresponse.md §5).
CODES = {
    1: Meaning(Unavailable),
    1000: Meaning(Rejected, WRONG_VALUE),
    1001: Meaning(Rejected, "A list or custom field named here does not exist any more. Correct the mapping."),
    1002: Meaning(Rejected, "GetResponse blocks this address: it is blocklisted, invalid, or was removed. Leave it."),
    1003: Meaning(Rejected, WRONG_VALUE),
    1004: Meaning(Rejected, WRONG_VALUE),
    1005: Meaning(Rejected, "A value that GetResponse needs is missing. Add it to the mapping, then press Retry."),
    1006: Meaning(Rejected, WRONG_VALUE),
    1007: Meaning(Rejected, "A value is too long or too short. Correct the record or the mapping, then press Retry."),
    1008: Meaning(Conflict, "It exists already. Resync the person so that the existing record is found."),
    1009: Meaning(Rejected, "It is used elsewhere in GetResponse and cannot be changed."),
    1010: Meaning(Rejected, "GetResponse could not reach the address it was given. Check it, then press Retry."),
    1011: Meaning(Rejected, "The newsletter is being sent and cannot be changed now."),
    1012: Meaning(Rejected, "The message has a merge word that GetResponse does not know."),
    1013: Meaning(NotFound),
    1014: Meaning(AuthenticationFailed, "Make a new API key in GetResponse and enter it here: unused keys expire."),
    1015: Meaning(RateLimited),
    1016: Meaning(ConfigurationError, BLOCKED),
    1017: Meaning(ConfigurationError, BLOCKED),
    1018: Meaning(ConfigurationError, "GetResponse blocks this server's IP address. Ask GetResponse support."),
    1019: Meaning(Unavailable),
    1021: Meaning(ConfigurationError, "Check the connection's options: GetResponse refused a header."),
    1023: Meaning(ScopeMissing, "Give the account that owns the API key the missing permission in GetResponse."),
    1024: Meaning(ConfigurationError, "Check the MAX domain in the connection's options: GetResponse has no such one."),
    # Not the connection's: opt-outs and updates go on while nobody can be added.
    1027: Meaning(Rejected, "The plan's contact limit is reached. Enlarge it in GetResponse, then press Retry."),
    1028: Meaning(Rejected, "GetResponse does not allow this to be changed."),
    1029: Meaning(Rejected, "GetResponse does not allow this property. Remove it from the mapping."),
}
# Answers without a code: a gateway's page, or a wrong address.
STATUSES = {
    401: CODES[1014],
    403: CODES[1023],
    404: Meaning(ConfigurationError, WRONG_ADDRESS),
    409: CODES[1008],
    429: CODES[1015],
}
WHEN_UNKNOWN = {
    3: Meaning(ConfigurationError, WRONG_ADDRESS),
    4: Meaning(Rejected, WRONG_VALUE),
    5: Meaning(Unavailable),
}


class Api:
    """The calls of one GetResponse account."""

    def __init__(self, account: Account, services: Services) -> None:
        self.account = account
        self.services = services
        self._secrets = secret_values(account, CREDENTIALS)
        base_url = account.base_url or BASE_URL
        self._http = Http(account, services, base_url, self._secrets, CAPABILITIES.parallel)

    def get(self, path: str, query: Query = ()) -> Answer:
        return self.send(Call("GET", path, query=query))

    def send(self, call: Call) -> Answer:
        """Make the call. Raises what the answer means unless it is a 2xx with the JSON that a read promises."""
        [outcome] = self._answers([call])
        return self._understood(call, outcome)

    def get_many(self, asked: Sequence[tuple[str, Query]]) -> list[Answer | None]:
        """One read per (path, query), several at a time; None where nothing is there. Raises the first failure."""
        calls = [Call("GET", path, query=query) for path, query in asked]
        return [self._found(call, outcome) for call, outcome in zip(calls, self._answers(calls), strict=True)]

    def send_each(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make calls several at a time; each has its own outcome, in order. Raises what kept all from being sent."""
        return [self._outcome(call, outcome) for call, outcome in zip(calls, self._answers(calls), strict=True)]

    def _answers(self, calls: Sequence[Call]) -> list[Outcome]:
        """What came of each call. A token that is over is renewed once and its calls repeated: none was carried out."""
        token = self._token()
        outcomes = self._sent(calls, token)
        over = [n for n, outcome in enumerate(outcomes) if is_over(outcome)] if token else []
        again = dict(zip(over, self._repeated([calls[n] for n in over], token), strict=True)) if over else {}
        return [again.get(n, outcome) for n, outcome in enumerate(outcomes)]

    def _repeated(self, calls: Sequence[Call], token: Token | None) -> list[Outcome]:
        """With a fresh token. What goes wrong now is the outcome of these calls alone: others were carried out."""
        try:
            return self._sent(calls, self.services.tokens.renew(self._fetch_token, token))
        except CrosswalkError as error:
            return [error] * len(calls)

    def _sent(self, calls: Sequence[Call], token: Token | None) -> list[Outcome]:
        headers = self._headers(token)
        return self._http.send_many([replace(_unharmful(call), headers=headers) for call in calls])

    def _outcome(self, call: Call, outcome: Outcome) -> Outcome:
        try:
            return self._understood(call, outcome)
        except CrosswalkError as error:
            return error

    def _found(self, call: Call, outcome: Outcome) -> Answer | None:
        try:
            return self._understood(call, outcome)
        except NotFound:
            return None

    def _understood(self, call: Call, answer: Outcome) -> Answer:
        if isinstance(answer, CrosswalkError):
            raise answer
        self._learn(answer)
        if not answer.ok:
            raise self._meaning(call, answer)
        if not call.writes and answer.json is None:
            raise Unavailable("GetResponse answered with something that is not JSON.", status=answer.status)
        return answer

    def pages(self, path: str, query: Query = ()) -> Iterator[Any]:
        """Every element of a short list (lists, tags, custom fields), page after page."""
        page = 1
        while True:
            answer = self.get(path, (*query, ("page", str(page)), ("perPage", str(PER_PAGE))))
            elements = answer.json if isinstance(answer.json, list) else []
            yield from elements
            page = next_page(answer, page, len(elements))
            if not page:
                return

    def _token(self) -> Token | None:
        """The access token; None when the connection has a key or a token that was entered."""
        if not flow_of(self.account):
            return None
        return self.services.tokens.current() or self.services.tokens.renew(self._fetch_token, None)

    def _fetch_token(self) -> Token:
        return fetch_token(self.account, self.services, self._http)

    def _headers(self, token: Token | None) -> dict[str, str]:
        credentials, domain = self.account.credentials, domain_header(self.account)
        bearer = token.value if token else credentials.get("access_token")
        if bearer:
            return {"Authorization": f"Bearer {bearer}", **domain}
        if credentials.get("api_key"):
            return {"X-Auth-Token": f"api-key {credentials['api_key']}", **domain}
        raise AuthenticationFailed(f"{self.account.name} has no API key.")

    def _learn(self, answer: Answer) -> None:
        limits = frame_limits(answer.headers)
        if limits:
            limit, remaining, reset = limits
            self.services.budget.learn(limit=limit, remaining=remaining, reset=reset)

    def _meaning(self, call: Call, answer: Answer) -> CrosswalkError:
        body = answer.json if isinstance(answer.json, dict) else {}
        code = body.get("code")
        known = CODES.get(code) if isinstance(code, int) else None
        if answer.status == 504 and call.writes and not known:
            return OutcomeUnknown("GetResponse's gateway gave up waiting.", status=504)
        meaning = known or STATUSES.get(answer.status) or WHEN_UNKNOWN.get(answer.status // 100, WHEN_UNKNOWN[5])
        words = self._without_secrets(str(body.get("message") or body.get("codeDescription") or ""))
        message = f"GetResponse: {words}" if words else f"GetResponse answered {answer.status} without a reason."
        if meaning.error is AuthenticationFailed and flow_of(self.account):
            meaning = replace(meaning, help=SIGN_IN)
        return meaning.make(message, str(code or ""), answer.status, retry_after=retry_after(answer))

    def _without_secrets(self, words: str) -> str:
        return Redactor(self._secrets)(without_addresses(words))


def is_over(outcome: Outcome) -> bool:
    """Does it say that the token is not good any more? 401 by contract; one table of codes has 403 (§1)."""
    if isinstance(outcome, CrosswalkError):
        return False
    body = outcome.json if isinstance(outcome.json, dict) else {}
    return outcome.status == 401 or (outcome.status == 403 and body.get("code") == 1014)


def _unharmful(call: Call) -> Call:
    """The call itself. Raises Rejected for one that would replace the whole blocklist (getresponse.md §2.4)."""
    flags = [flag for name, value in call.query if name == FLAGS for flag in value.split(",")]
    says_how = len({"add", "delete"} & set(flags)) == 1
    if call.writes and any(word in call.path for word in BLOCKLISTS) and not says_how:
        raise Rejected("Crosswalk does not replace a blocklist: it adds to it or takes from it.")
    return call


def next_page(answer: Answer, page: int, elements: int, size: int = PER_PAGE) -> int:
    """The number of the next page, 0 when this was the last. A page past the end is an empty list."""
    total = leading_integer(answer.headers.get("TotalPages"))
    more = page < total if total is not None else elements >= size
    return page + 1 if more and elements else 0


def retry_after(answer: Answer) -> timedelta:
    """Retry-After where there is one, else the reset that header or body names ("432 seconds"), else 5 seconds."""
    body = answer.json if isinstance(answer.json, dict) else {}
    context = body.get("context")
    in_body = context.get("timeToReset") if isinstance(context, dict) else None
    said = (answer.headers.get("Retry-After"), answer.headers.get("X-RateLimit-Reset"), in_body)
    seconds = next((n for n in map(leading_integer, said) if n is not None), WAIT_WHEN_NOTHING_IS_SAID)
    return min(timedelta(seconds=max(seconds, 1)), FRAME)


def frame_limits(headers: Mapping[str, str]) -> tuple[int, int, timedelta] | None:
    """(limit, remaining, time to reset) of the 10-minute frame; None when the headers are absent or mean the second."""
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    limit, remaining, reset = (leading_integer(headers.get(name)) for name in names)
    if limit is None or remaining is None or reset is None or limit <= CALLS_PER_SECOND:
        return None
    return limit, remaining, min(timedelta(seconds=reset), FRAME)


def leading_integer(text: Any) -> int | None:
    match = re.match(r"\s*(\d{1,12})", str(text)) if text is not None else None
    return int(match.group(1)) if match else None
