"""How Responder Live is spoken to: address, token, paging, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..base import Account, Record, Services, Token
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
from ..redaction import HIDDEN, Redactor, without_addresses
from .capabilities import CAPABILITIES
from .credentials import BASE_URL, CHECK_KEYS, CREDENTIALS, WRONG_ADDRESS, fetch_token

PAGE = 500  # the only known limit (responder.md §2c)
LONGEST_WAIT = timedelta(hours=1)
WAIT_WHEN_NOTHING_IS_SAID = 30
NUMBERS = re.compile(r"\+?\d[\d\s-]{5,}\d")

Query = Sequence[tuple[str, str]]
Outcome = Answer | CrosswalkError

BLOCKED = Meaning(Rejected, "Responder Live blocks this address: somebody is never to be written to again. Leave it.")
DUPLICATE = Meaning(Conflict, "It exists already. Resync the person so that the existing record is found.")
REFUSED = Meaning(Rejected, "Responder Live refused a value. Correct the record or the mapping, then press Retry.")
NO_TOKEN = Meaning(AuthenticationFailed, CHECK_KEYS)
NOT_THERE = Meaning(NotFound)
BUSY = Meaning(RateLimited)
NOT_ALLOWED = Meaning(
    ScopeMissing,
    "Check in Responder Live that the general key is active and of this account; ask its support whether a firewall "
    "refuses this server. Then press Test connection.",
)
# Failures have no codes (responder.md §2a, quirks 1 and 2): what the words say, first match wins. 403 is about us.
WORDS = (
    (re.compile(r"forbidden|blocked|banned|blacklist", re.I), BLOCKED),
    (re.compile(r"already|duplicate", re.I), DUPLICATE),
    (re.compile(r"not found|does not exist|no such", re.I), NOT_THERE),
    (re.compile(r"unauthori[sz]ed|unauthenticated|(?:invalid|expired) token|token (?:is )?(?:invalid|expired)", re.I),
     NO_TOKEN),
    (re.compile(r"too many|rate limit|queue is full", re.I), BUSY),
)  # fmt: skip
STATUSES = {401: NO_TOKEN, 403: NOT_ALLOWED, 409: DUPLICATE, 429: BUSY}
WRONG_PLACE = Meaning(ConfigurationError, WRONG_ADDRESS)


class Api:
    """The calls of one Responder Live account."""

    def __init__(self, account: Account, services: Services) -> None:
        self.account = account
        self.services = services
        self._secrets = secret_values(account, CREDENTIALS)
        self.address = account.base_url or BASE_URL
        self._http = Http(account, services, self.address, self._secrets, CAPABILITIES.parallel)

    def get(self, path: str, query: Query = ()) -> Answer:
        return self.send(Call("GET", path, query=query))

    def send(self, call: Call) -> Answer:
        """Make the call. Raises what the answer means, also of a 200 that says it failed."""
        [outcome] = self.send_each([call])
        if isinstance(outcome, CrosswalkError):
            raise outcome
        return outcome

    def send_each(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make calls; each has its own outcome, in order. Raises what kept all from being sent."""
        answers = self._answers(calls)
        return [self._understood(call, outcome) for call, outcome in zip(calls, answers, strict=True)]

    def find_each(self, calls: Sequence[Call]) -> list[Answer | None]:
        """Reads, in order; None where nothing is there. Raises the first other failure."""
        outcomes = self.send_each(calls) if calls else []
        failure = next((o for o in outcomes if isinstance(o, CrosswalkError) and not isinstance(o, NotFound)), None)
        if failure is not None:
            raise failure
        return [outcome if isinstance(outcome, Answer) else None for outcome in outcomes]

    def rows(self, path: str, query: Query = ()) -> Iterator[Record]:
        """Every row of a short list (lists, tags, personal fields), page after page."""
        offset: int | None = 0
        while offset is not None:
            found, offset, _total = self.page(path, offset, query)
            yield from found

    def page(self, path: str, offset: int, query: Query = ()) -> tuple[list[Record], int | None, int | None]:
        """(rows, where the next page begins or None, how many there are where that is said)."""
        answer = self.get(path, (*query, ("limit", str(PAGE)), ("offset", str(offset))))
        found, total = rows_of(answer), total_of(answer)
        end = offset + len(found)
        more = bool(found) and (end < total if total is not None else len(found) >= PAGE)
        return found, end if more else None, total

    def token(self) -> Token:
        return self.services.tokens.current() or self.services.tokens.renew(self._fetch_token, None)

    def _fetch_token(self) -> Token:
        return fetch_token(self.account, self._http)

    def _answers(self, calls: Sequence[Call]) -> list[Outcome]:
        """What came of each call. On 401 the token is renewed once and the call repeated: it was not carried out."""
        token = self.token()
        outcomes = self._sent(calls, token)
        over = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Answer) and outcome.status == 401]
        again = dict(zip(over, self._repeated([calls[n] for n in over], token), strict=True)) if over else {}
        return [again.get(n, outcome) for n, outcome in enumerate(outcomes)]

    def _repeated(self, calls: Sequence[Call], token: Token) -> list[Outcome]:
        """What goes wrong now is the outcome of these calls alone: others were carried out."""
        try:
            return self._sent(calls, self.services.tokens.renew(self._fetch_token, token))
        except CrosswalkError as error:
            return [error] * len(calls)

    def _sent(self, calls: Sequence[Call], token: Token) -> list[Outcome]:
        """A User-Agent goes with every call of ours: a firewall refuses those without (responder.md §1b)."""
        headers = {"Authorization": f"Bearer {token.value}"}
        return self._http.send_many([replace(call, headers=headers) for call in calls])

    def _understood(self, call: Call, outcome: Outcome) -> Outcome:
        if isinstance(outcome, CrosswalkError):
            return outcome
        if not outcome.ok or says_failure(outcome):
            return self._meaning(call, outcome)
        if outcome.json is None and (not call.writes or outcome.content.strip()):
            kind = OutcomeUnknown if call.writes else Unavailable
            return kind("Responder Live answered with something that is not JSON.", status=outcome.status)
        return outcome

    def _meaning(self, call: Call, answer: Answer) -> CrosswalkError:
        body = answer.json if isinstance(answer.json, dict) else {}
        if answer.status == 504 and call.writes:
            return OutcomeUnknown("Responder Live's gateway gave up waiting.", status=504)
        words = self._safe(str(body.get("message") or body.get("error") or ""))
        message = f"Responder Live: {words}" if words else f"Responder Live answered {answer.status} without a reason."
        meaning = meaning_of(answer, body, words)
        return meaning.make(message, words_code(answer), answer.status, retry_after=retry_after(answer))

    def _safe(self, words: str) -> str:
        """Without our secrets, and without the addresses and numbers of people."""
        return NUMBERS.sub(HIDDEN, Redactor(self._secrets)(without_addresses(words)))


def says_failure(answer: Answer) -> bool:
    """A 200 can mean no: `status` is false or 0, where it is there at all (responder.md §2a, quirk 1)."""
    body = answer.json
    return isinstance(body, dict) and "status" in body and body["status"] in (False, "0", "false")


def meaning_of(answer: Answer, body: Record, words: str) -> Meaning:
    if answer.status >= 500:
        return Meaning(Unavailable)
    if answer.status in STATUSES:
        return STATUSES[answer.status]
    if 300 <= answer.status < 400 or (answer.status == 404 and not body):
        return WRONG_PLACE
    if body.get("duplicate"):
        return DUPLICATE
    said = next((meaning for pattern, meaning in WORDS if pattern.search(words)), None)
    missing = answer.status == 404 or body.get("data") == []
    return said or (NOT_THERE if missing else REFUSED)


def words_code(answer: Answer) -> str:
    """Responder has no codes of its own: what counts as one is the status, or that a 200 said no."""
    return "status:false" if answer.ok else str(answer.status)


def retry_after(answer: Answer) -> timedelta:
    text = str(answer.headers.get("Retry-After") or "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else WAIT_WHEN_NOTHING_IS_SAID
    return min(timedelta(seconds=max(seconds, 1)), LONGEST_WAIT)


def rows_of(answer: Answer) -> list[Record]:
    """The rows of `{"data": [...]}`; of a bare array too."""
    body: Any = answer.json
    data = body.get("data") if isinstance(body, dict) else body
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def total_of(answer: Answer) -> int | None:
    """Lists say `count`, their members `total`, and all subscribers perhaps nothing (responder.md §2a)."""
    body = answer.json if isinstance(answer.json, dict) else {}
    said = next((body[name] for name in ("total", "count") if body.get(name) is not None), None)
    return int(said) if isinstance(said, int) or (isinstance(said, str) and said.isdigit()) else None
