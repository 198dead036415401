"""How HighLevel is spoken to: token, Version header, limits, scopes, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from ..base import Account, Services, Token
from ..errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    FieldHidden,
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
from .credentials import BASE_URL, CREDENTIALS, NEW_TOKEN, SIGN_IN, fetch_token
from .operations import operation_of

# The dated API, pinned per path (highlevel.md §1.5); trailing slashes and the case of a path matter.
VERSION = "2021-07-28"
VERSIONS = (("/conversations", "2021-04-15"), ("/calendars", "2021-04-15"))
INTERVAL = timedelta(seconds=10)  # a 429 carries no Retry-After (§4)
DAY = timedelta(days=1)
SCOPE_FACTS = ("scope", "scopes")

Query = Sequence[tuple[str, str]]
Outcome = Answer | CrosswalkError

WRONG_VALUE = "HighLevel refused a value. Correct the record or the mapping, then press Retry."
WRONG_LOCATION = "Enter the Location ID of the sub-account that the token was made in, then press Test connection."
WRONG_ADDRESS = f"Empty the base URL of the connection: HighLevel's own is {BASE_URL}."
AGENCY_TOKEN = "This token is of the agency. " + NEW_TOKEN
NO_SCOPE = (
    "Tick the scope {} in HighLevel (Settings > Private Integrations > the integration > Scopes; of an app: in its "
    "next version). Then press Test connection."
)
A_BUG = "This is a fault of Crosswalk. Tell its makers; nothing was written."
TAKEN = "Another contact in HighLevel has this e-mail or phone. Merge the two there, or correct one, then press Retry."

# What HighLevel's words mean: the status alone does not say (§1.4, §4). The first that fits counts.
WORDS: tuple[tuple[int, re.Pattern[str], Meaning], ...] = tuple(
    (status, re.compile(words, re.IGNORECASE), meaning)
    for status, words, meaning in (
        (401, "not authorized for this scope", Meaning(ScopeMissing)),
        (401, "user type mismatch|authClass type", Meaning(ConfigurationError, AGENCY_TOKEN)),
        (401, "version header", Meaning(ConfigurationError, A_BUG)),
        (401, "^E01", Meaning(Rejected, "HighLevel misses something in the call. Check the ids in the rule.")),
        (401, "timed out", Meaning(Unavailable)),
        (401, "", Meaning(AuthenticationFailed, NEW_TOKEN)),
        (403, "access to this location", Meaning(ConfigurationError, WRONG_LOCATION)),
        (403, "", Meaning(ScopeMissing, "HighLevel gives this to agencies only, or the token has too few scopes.")),
        (400, "duplicate|already exists", Meaning(Conflict, TAKEN)),
        (400, "not found|is deleted", Meaning(NotFound)),
        (400, "API version", Meaning(ConfigurationError, A_BUG)),
        (404, "not found", Meaning(NotFound)),
        (404, "", Meaning(ConfigurationError, WRONG_ADDRESS)),
        (409, "", Meaning(Conflict, TAKEN)),
        (422, "should not exist", Meaning(FieldHidden, "HighLevel does not take this field here. Unmap it.")),
        (429, "", Meaning(RateLimited)),
    )
)
WHEN_UNKNOWN = {
    3: Meaning(ConfigurationError, WRONG_ADDRESS),
    4: Meaning(Rejected, WRONG_VALUE),
    5: Meaning(Unavailable),
}
OVER = re.compile("invalid token|expired|invalid jwt", re.IGNORECASE)  # the only 401 that a fresh token mends (§1.4)
NAMED_FIELD = re.compile(r"^(?:property )?([A-Za-z]\w*)(?:\.\d+)?(?:\.\w+)? (?:should|must|each)")
SUCCESS = ("succeded", "succeeded", "success")  # in whatever spelling


class Taken(Conflict):
    """Another contact has this e-mail or phone; `field` says which of the two, where HighLevel does."""

    field = ""


class NotShown(OutcomeUnknown):
    """One record of which HighLevel does not show yet what became of it; the connection as such works."""


class Api:
    """The calls of one location of HighLevel."""

    def __init__(self, account: Account, services: Services) -> None:
        self.account = account
        self.services = services
        self._secrets = secret_values(account, CREDENTIALS)
        self._http = Http(account, services, account.base_url or BASE_URL, self._secrets, CAPABILITIES.parallel)

    @cached_property
    def location(self) -> str:
        """The id of the location. Raises ConfigurationError when nobody said which."""
        said = str(self.account.options.get("location_id") or "").strip()
        token = None if said else self._token()
        found = said or str(token.facts.get("location_id") or "" if token else "")
        if not found:
            raise ConfigurationError(f"{self.account.name} has no Location ID.", help=WRONG_LOCATION)
        return found

    def get(self, path: str, query: Query = ()) -> Any:
        """The JSON of a read: always an object."""
        return self.send(Call("GET", path, query=query)).json

    def search(self, path: str, body: Any) -> Any:
        """The JSON of a read that is posted."""
        return self.send(Call("POST", path, body=body, reads=True)).json

    def get_many(self, paths: Sequence[tuple[str, Query]]) -> list[Any]:
        """The JSON of each read, several at a time; None where nothing is there. Raises the first failure."""
        outcomes = self.send_each([Call("GET", path, query=query) for path, query in paths]) if paths else []
        return [_there(outcome) for outcome in outcomes]

    def send(self, call: Call) -> Answer:
        """Make the call. Raises what the answer means unless it says that all went well."""
        [outcome] = self.send_each([call])
        if isinstance(outcome, CrosswalkError):
            raise outcome
        return outcome

    def send_each(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make calls several at a time; each has its own outcome, in order. Raises what kept all from being sent."""
        token = self._token()
        for call in calls:
            self._check_scope(call, token)
        return [self._outcome(call, answer) for call, answer in zip(calls, self._answers(calls, token), strict=True)]

    # --- token and scopes -------------------------------------------------------------------------------------------

    def _token(self) -> Token | None:
        """The access token of a sign-in; None when the connection has a private integration token."""
        if self.account.credentials.get("token"):
            return None
        return self.services.tokens.current() or self.services.tokens.renew(self._fetch_token, None)

    def _fetch_token(self) -> Token:
        return fetch_token(self.account, self.services, self._http)

    def scopes(self) -> frozenset[str] | None:
        """What the token may do; None when nobody said. An app's token has more than was asked for (§1.2)."""
        return self._scopes(self._token())

    def _scopes(self, token: Token | None) -> frozenset[str] | None:
        facts: Mapping[str, Any] = token.facts if token else self.account.options
        said = next((facts[name] for name in SCOPE_FACTS if facts.get(name)), "")
        words = said if isinstance(said, (list, tuple)) else re.split(r"[\s,;]+", str(said))
        return frozenset(str(word) for word in words if word) or None

    def _check_scope(self, call: Call, token: Token | None) -> None:
        """A write is not tried without its scope, where we know which ones the token has."""
        held, needed = self._scopes(token), scope_of(call)
        if call.writes and held is not None and needed and needed not in held:
            raise ScopeMissing(
                f"{self.account.name} may not do this: {needed} is missing.", help=NO_SCOPE.format(needed)
            )

    # --- sending ------------------------------------------------------------------------------------------------------

    def _answers(self, calls: Sequence[Call], token: Token | None) -> list[Outcome]:
        """What came of each call. A token that is over is renewed once and its calls repeated: none was carried out."""
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
        bearer = token.value if token else str(self.account.credentials.get("token"))
        return list(self._http.send_many([_with_headers(call, bearer) for call in calls]))

    # --- what it means ------------------------------------------------------------------------------------------------

    def _outcome(self, call: Call, answer: Outcome) -> Outcome:
        if isinstance(answer, CrosswalkError):
            return answer
        self._learn(answer)
        if not answer.ok:
            return self._meaning(call, answer)
        if not isinstance(answer.json, dict) and not call.writes:
            return Unavailable("HighLevel answered with something that is not JSON.", status=answer.status)
        if any(facts_of(answer).get(name) is False for name in SUCCESS):
            return Rejected(f"HighLevel did not do it. {self._words(answer)}".strip(), help=WRONG_VALUE)
        return answer

    def _learn(self, answer: Answer) -> None:
        limits = daily_limits(answer.headers)
        if limits:
            limit, remaining, reset = limits
            self.services.budget.learn(limit=limit, remaining=remaining, reset=reset)

    def _meaning(self, call: Call, answer: Answer) -> CrosswalkError:
        words = self._words(answer)
        meaning = meaning_of(answer.status, words)
        if meaning.error is Unavailable and call.writes and answer.status != 503:
            return OutcomeUnknown("HighLevel did not say whether it was done.", status=answer.status)
        message = f"HighLevel: {words}" if words else f"HighLevel answered {answer.status} without a reason."
        help = NO_SCOPE.format(scope_of(call) or "that it needs") if meaning.error is ScopeMissing else meaning.help
        if meaning.error is AuthenticationFailed and not self.account.credentials.get("token"):
            help = SIGN_IN
        error = Meaning(meaning.error, help).make(
            message,
            str(facts_of(answer).get("canonicalCode") or answer.status),
            answer.status,
            retry_after=retry_after(answer.headers),
            fields=named_fields(answer),
            record_ids=existing_ids(answer),
        )
        return _taken(error, answer) if isinstance(error, Conflict) else error

    def _words(self, answer: Answer) -> str:
        """A string, or a list of strings; under message or error, which may be an object of the new generation (§4)."""
        words = "; ".join(messages_of(answer))
        return Redactor(self._secrets)(without_addresses(words))


def version_of(path: str) -> str:
    return next((version for start, version in VERSIONS if path.startswith(start)), VERSION)


def scope_of(call: Call) -> str:
    """What a call needs, by the catalogue; "" when nobody wrote it down."""
    operation = operation_of(call.method, call.path)
    return operation.scope if operation else ""


def is_over(outcome: Outcome) -> bool:
    """Is it the token? Most 401 of HighLevel are about something else."""
    return (
        not isinstance(outcome, CrosswalkError)
        and outcome.status == 401
        and bool(OVER.search(" ".join(messages_of(outcome))))
    )


def facts_of(answer: Answer) -> Mapping[str, Any]:
    return answer.json if isinstance(answer.json, dict) else {}


def messages_of(answer: Answer) -> list[str]:
    facts = facts_of(answer)
    error = facts.get("error")
    said = facts.get("message") or (error.get("message") if isinstance(error, dict) else error)
    return [str(each) for each in (said if isinstance(said, list) else [said]) if each]


def meaning_of(status: int, words: str) -> Meaning:
    known = (meaning for code, pattern, meaning in WORDS if code == status and pattern.search(words))
    return next(known, WHEN_UNKNOWN.get(status // 100, WHEN_UNKNOWN[5]))


def named_fields(answer: Answer) -> list[str]:
    found = (NAMED_FIELD.match(message) for message in messages_of(answer))
    return list(dict.fromkeys(match[1] for match in found if match))


def _taken(error: Conflict, answer: Answer) -> Taken:
    taken = Taken(
        error.message,
        record_ids=error.record_ids,
        vendor_code=error.vendor_code,
        help=error.help,
        status=error.status,
    )
    taken.field = str(_meta(answer).get("matchingField") or "")
    return taken


def _meta(answer: Answer) -> Mapping[str, Any]:
    meta = facts_of(answer).get("meta")
    return meta if isinstance(meta, dict) else {}


def existing_ids(answer: Answer) -> list[str]:
    """Which record has it already: contacts say so under meta, conversations beside the message (§4)."""
    said = (_meta(answer).get("contactId"), facts_of(answer).get("conversationId"))
    return [str(each) for each in said if each]


def retry_after(headers: Mapping[str, str]) -> timedelta:
    """One interval; until the day is over when nothing is left of it."""
    interval = _number(headers.get("X-RateLimit-Interval-Milliseconds"))
    daily = daily_limits(headers)
    if daily and daily[1] <= 0:
        return daily[2]
    return timedelta(milliseconds=interval) if interval else INTERVAL


def daily_limits(headers: Mapping[str, str]) -> tuple[int, int, timedelta] | None:
    """(limit, remaining, time to reset) of the day; the reset is a duration in milliseconds (§4)."""
    limit, remaining = (
        _number(headers.get("X-RateLimit-Limit-Daily")),
        _number(headers.get("X-RateLimit-Daily-Remaining")),
    )
    if limit is None or remaining is None:
        return None
    reset = _number(headers.get("X-RateLimit-Daily-Reset"))
    return limit, remaining, min(timedelta(milliseconds=reset), DAY) if reset is not None else timedelta(hours=1)


def interval_limits(headers: Mapping[str, str]) -> tuple[int, timedelta] | None:
    """(calls, per how long): 100 in 10 seconds by contract, 25 for a trial account."""
    most, length = _number(headers.get("X-RateLimit-Max")), _number(headers.get("X-RateLimit-Interval-Milliseconds"))
    return (most, timedelta(milliseconds=length)) if most and length else None


def _number(text: Any) -> int | None:
    match = re.match(r"\s*(\d{1,12})", str(text)) if text is not None else None
    return int(match.group(1)) if match else None


def _with_headers(call: Call, bearer: str) -> Call:
    headers = {"Authorization": f"Bearer {bearer}", "Version": version_of(call.path), **(call.headers or {})}
    return replace(call, headers=headers)


def _there(outcome: Outcome) -> Any:
    if isinstance(outcome, NotFound):
        return None
    if isinstance(outcome, CrosswalkError):
        raise outcome
    return outcome.json
