"""How GetResponse is spoken to: address, key, paging, limits, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..base import Account, Services
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
from .credentials import CREDENTIALS

BASE_URL = "https://api.getresponse.com/v3"
PER_PAGE = 1000
FRAME = timedelta(minutes=10)
CALLS_PER_SECOND = 80  # X-RateLimit-Limit says this when it speaks of the second, 30000 when of the frame (§5)
WAIT_WHEN_NOTHING_IS_SAID = 5
FLAGS = "additionalFlags"
BLOCKLISTS = ("blocklists", "blacklists")  # today's name and that of 2023

Query = Sequence[tuple[str, str]]


BLOCKED = "Ask GetResponse support why API access is blocked, then press Test connection."
WRONG_VALUE = "GetResponse refused a value. Correct the record or the mapping, then press Retry."
WRONG_ADDRESS = "Check the base URL of the connection: it must be the address of the GetResponse API, ending in /v3."

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
        return self._understood(call, self._http.send(replace(_unharmful(call), headers=self._headers())))

    def get_many(self, asked: Sequence[tuple[str, Query]]) -> list[Answer | None]:
        """One read per (path, query), several at a time; None where nothing is there. Raises the first failure."""
        headers = self._headers()
        calls = [Call("GET", path, query=query, headers=headers) for path, query in asked]
        return [self._found(call, outcome) for call, outcome in zip(calls, self._http.send_many(calls), strict=True)]

    def send_each(self, calls: Sequence[Call]) -> list[Answer | CrosswalkError]:
        """Make calls several at a time; each has its own outcome, in order. Raises what kept all from being sent."""
        headers = self._headers()
        sent = [replace(_unharmful(call), headers=headers) for call in calls]
        return [self._outcome(call, outcome) for call, outcome in zip(sent, self._http.send_many(sent), strict=True)]

    def _outcome(self, call: Call, outcome: Answer | CrosswalkError) -> Answer | CrosswalkError:
        if isinstance(outcome, CrosswalkError):
            return outcome
        try:
            return self._understood(call, outcome)
        except CrosswalkError as error:
            return error

    def _found(self, call: Call, outcome: Answer | CrosswalkError) -> Answer | None:
        if isinstance(outcome, CrosswalkError):
            raise outcome
        try:
            return self._understood(call, outcome)
        except NotFound:
            return None

    def _understood(self, call: Call, answer: Answer) -> Answer:
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

    def _headers(self) -> dict[str, str]:
        credentials = self.account.credentials
        domain = str(self.account.options.get("x_domain") or "")
        extra = {"X-Domain": domain} if domain else {}
        if credentials.get("access_token"):
            return {"Authorization": f"Bearer {credentials['access_token']}", **extra}
        if credentials.get("api_key"):
            return {"X-Auth-Token": f"api-key {credentials['api_key']}", **extra}
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
        return meaning.make(message, str(code or ""), answer.status, retry_after=retry_after(answer))

    def _without_secrets(self, words: str) -> str:
        return Redactor(self._secrets)(without_addresses(words))


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
