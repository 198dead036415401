"""How Salesforce is spoken to: token, address, limits, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..base import Account, Services, Token
from ..errors import (
    Ambiguous,
    AuthenticationFailed,
    Busy,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    FieldHidden,
    MappingInvalid,
    Moved,
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
from .credentials import CREDENTIALS, LIMIT_PAUSE, MY_DOMAIN, fetch_token

API_VERSION = "66.0"

HIDDEN_FIELD = (
    "Let the integration user see and edit the field: Setup > Object Manager > the object > Fields > the field > "
    "Set Field-Level Security. Or take it out of the mapping."
)
NO_ACCESS = "Give the integration user the permission in Salesforce (a permission set), then press Test connection."
DUPLICATE_RULE = "Salesforce's duplicate rule found this person. Merge the two there, or switch on allow_duplicates."
RETIRED = "Enter a newer API version in the connection's options, for example 66.0."

# salesforce.md §2.5, and the codes that its §3 names. What is not named here is a rejected record.
CODES = {
    "INVALID_SESSION_ID": Meaning(AuthenticationFailed),
    "INVALID_AUTH_HEADER": Meaning(AuthenticationFailed),
    "REQUEST_LIMIT_EXCEEDED": Meaning(RateLimited),
    "API_DISABLED_FOR_ORG": Meaning(ScopeMissing, "This edition of Salesforce has no API. Ask your administrator."),
    "API_CURRENTLY_DISABLED": Meaning(ScopeMissing, NO_ACCESS),
    "INSUFFICIENT_ACCESS": Meaning(ScopeMissing, NO_ACCESS),
    "INSUFFICIENT_ACCESS_OR_READONLY": Meaning(ScopeMissing, NO_ACCESS),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Meaning(ScopeMissing, NO_ACCESS),
    "UNABLE_TO_LOCK_ROW": Meaning(Busy),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Meaning(Busy),
    "SERVER_UNAVAILABLE": Meaning(Unavailable),
    "UNKNOWN_EXCEPTION": Meaning(Unavailable),
    "QUERY_TIMEOUT": Meaning(Unavailable),
    "CANNOT_UPDATE_CONVERTED_LEAD": Meaning(Moved),
    "INVALID_FIELD": Meaning(FieldHidden, HIDDEN_FIELD),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Meaning(FieldHidden, HIDDEN_FIELD),
    "REQUIRED_FIELD_MISSING": Meaning(Rejected, "Map these fields, or give them a fallback, then press Retry."),
    "STRING_TOO_LONG": Meaning(Rejected, "Shorten the value with the truncate transform, or enlarge the field."),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Meaning(
        Rejected, "Add the value to the picklist in Salesforce, or translate it with the map_values transform."
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Meaning(
        Rejected, "A validation rule in Salesforce refused the record. Correct the value, or ask for the rule's sense."
    ),
    "INVALID_EMAIL_ADDRESS": Meaning(Rejected, "Correct the e-mail address at its source, then press Retry."),
    "FIELD_INTEGRITY_EXCEPTION": Meaning(Rejected, "The value does not fit others of the record. Correct the mapping."),
    "INVALID_CROSS_REFERENCE_KEY": Meaning(Rejected, "A record that is referred to does not exist. Correct its id."),
    "MALFORMED_ID": Meaning(Rejected, "An id is not a Salesforce id. Correct the mapping or rule."),
    "JSON_PARSER_ERROR": Meaning(Rejected, "A value has the wrong type for its field. Correct the mapping."),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Meaning(
        Rejected, "A trigger or flow in Salesforce refused the record. Show the message to your administrator."
    ),
    "DUPLICATES_DETECTED": Meaning(Conflict, DUPLICATE_RULE),
    "DUPLICATE_VALUE": Meaning(Conflict),
    "DUPLICATE_EXTERNAL_ID": Meaning(Ambiguous),
    "NOT_FOUND": Meaning(NotFound),
    "ENTITY_IS_DELETED": Meaning(NotFound),
    "INVALID_TYPE": Meaning(MappingInvalid, "There is no such object, or the integration user may not see it."),
    "MALFORMED_QUERY": Meaning(MappingInvalid),
    "UNSUPPORTED_API_VERSION": Meaning(ConfigurationError, RETIRED),
}
# Answers without a code: a gateway's HTML page, several matches, a retired version.
STATUSES = {
    300: Meaning(Ambiguous),
    401: CODES["INVALID_SESSION_ID"],
    403: Meaning(ScopeMissing, NO_ACCESS),
    404: Meaning(ConfigurationError, MY_DOMAIN),
    410: Meaning(ConfigurationError, RETIRED),
    429: CODES["REQUEST_LIMIT_EXCEEDED"],
}
WHEN_UNKNOWN = {3: Meaning(ConfigurationError, MY_DOMAIN), 4: Meaning(Rejected), 5: Meaning(Unavailable)}

# Where Salesforce's words hold a value of the record, and what stays of them.
LEAKS = (
    (re.compile(r"(data value too large: ).*?(?= \(max length=|$)", re.DOTALL), rf"\1{HIDDEN}"),
    (re.compile(r"(bad value for restricted picklist field: ).*", re.DOTALL), rf"\1{HIDDEN}"),
    (re.compile(r"(invalid email address: ).*", re.DOTALL | re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(Cannot deserialize .*? value ).*?(?= or request may|$)", re.DOTALL), rf"\1{HIDDEN}"),
)
NAMED_FIELDS = (
    re.compile(r"No such column '(\w+)'"),
    re.compile(r"fields: ([\w, ]+?)\. Please check"),
    re.compile(r"Required fields are missing: \[([\w, ]+)\]"),
)
RECORD_ID = re.compile(r"\bid: ([A-Za-z0-9]{15,18})\b")
USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


class Api:
    """The calls of one Salesforce org, each with a token that all workers share."""

    def __init__(self, account: Account, services: Services) -> None:
        self.account = account
        self.services = services
        self._secrets = secret_values(account, CREDENTIALS)
        self._http = Http(account, services, account.base_url, self._secrets, CAPABILITIES.parallel)

    def data(self, path: str) -> str:
        """The path of a resource in the connection's API version."""
        version = str(self.account.options.get("api_version") or API_VERSION).removeprefix("v")
        return f"/services/data/v{version}/{path}"

    def get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Any:
        """The JSON of a read. Raises Unavailable when the answer is none."""
        body = self.send(Call("GET", path, query=query)).json
        if body is None:
            raise Unavailable("Salesforce answered with something that is not JSON.")
        return body

    def send(self, call: Call) -> Answer:
        """Make the call; a session that is over is renewed once and the same call repeated with the same headers."""
        token = self.token()
        answer = self._send(call, token)
        if answer.status == 401:
            token = self.services.tokens.renew(self._fetch_token, token)
            answer = self._send(call, token)
        if not answer.ok:
            raise self._meaning(call, answer)
        return answer

    def token(self) -> Token:
        return self.services.tokens.current() or self.services.tokens.renew(self._fetch_token, None)

    def row_error(self, entry: Any, status: int) -> CrosswalkError:
        """What one error entry means: of a single record (`errorCode`) or of a row in a collection (`statusCode`)."""
        facts = entry if isinstance(entry, Mapping) else {}
        code = str(facts.get("errorCode") or facts.get("statusCode") or "")
        meaning = meaning_of(code, status)
        message = self._words(code, str(facts.get("message") or ""), status)
        return meaning.make(
            message,
            code,
            status,
            retry_after=LIMIT_PAUSE,
            fields=named_fields(facts),
            record_ids=duplicate_ids(facts),
        )

    def _send(self, call: Call, token: Token) -> Answer:
        instance = token.facts.get("instance_url") or self.account.base_url
        url = call.path if call.path.startswith("http") else instance.rstrip("/") + call.path
        headers = {**(call.headers or {}), "Authorization": f"Bearer {token.value}"}
        answer = self._http.send(replace(call, path=url, headers=headers))
        self._learn(answer)
        return answer

    def _fetch_token(self) -> Token:
        if not self.account.base_url:
            raise ConfigurationError(f"{self.account.name} has no base URL.", help=MY_DOMAIN)
        return fetch_token(self.account, self._http)

    def _learn(self, answer: Answer) -> None:
        usage = USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if usage:
            self.services.budget.learn(used=int(usage[1]), limit=int(usage[2]), reset=timedelta(hours=24))

    def _meaning(self, call: Call, answer: Answer) -> CrosswalkError:
        errors = answer.json if isinstance(answer.json, list) else [answer.json]
        error = self.row_error(errors[0] if errors else None, answer.status)
        if answer.status == 504 and call.writes and not error.vendor_code:
            return OutcomeUnknown("Salesforce's gateway gave up waiting.", status=504)
        return error

    def _words(self, code: str, words: str, status: int) -> str:
        """Salesforce's own words without what must not be stored; a refused query is all values, so not even that."""
        if code == "MALFORMED_QUERY" or not words:
            return f"Salesforce answered {code or status}."
        for pattern, kept in LEAKS:
            words = pattern.sub(kept, words)
        return f"Salesforce: {Redactor(self._secrets)(without_addresses(words))}"


def meaning_of(code: str, status: int) -> Meaning:
    if code:
        return CODES.get(code) or _family(code) or STATUSES.get(status) or WHEN_UNKNOWN[5 if status >= 500 else 4]
    return STATUSES.get(status) or WHEN_UNKNOWN.get(status // 100, WHEN_UNKNOWN[4])


def _family(code: str) -> Meaning | None:
    """Codes that come in many spellings: INSUFFICIENT_ACCESS_..., INVALID_FIELD_..."""
    families = ("INSUFFICIENT_ACCESS", "INVALID_FIELD")
    return next((CODES[family] for family in families if code.startswith(family)), None)


def named_fields(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields an error is about; where the list is missing, they stand in the message."""
    given = facts.get("fields")
    if isinstance(given, list) and given:
        return tuple(map(str, given))
    found = (pattern.search(str(facts.get("message") or "")) for pattern in NAMED_FIELDS)
    names = next((match[1] for match in found if match), "")
    return tuple(name.strip() for name in names.split(",") if name.strip())


def duplicate_ids(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The records already there. `duplicateResut` is really spelt so in single answers (salesforce.md §3.5)."""
    result = facts.get("duplicateResut") or facts.get("duplicateResult") or {}
    matches = result.get("matchResults") if isinstance(result, Mapping) else None
    records = [m.get("record") for r in matches or () if isinstance(r, Mapping) for m in r.get("matchRecords") or ()]
    ids = [str(record["Id"]) for record in records if isinstance(record, Mapping) and record.get("Id")]
    return tuple(dict.fromkeys([*ids, *RECORD_ID.findall(str(facts.get("message") or ""))]))
