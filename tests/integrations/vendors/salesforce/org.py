"""A Salesforce org for tests at the HTTP seam: addresses, a token answer, and what a request held."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.vendors.base import Token
from integrations.vendors.salesforce.resources import Salesforce

from ..services import Bench, MemoryTokens, request, salesforce_account

LOGIN = "https://acme.my.salesforce.com"
INSTANCE = "https://acme-instance.my.salesforce.com"
DATA = f"{INSTANCE}/services/data/v66.0"
TOKEN_URL = f"{LOGIN}/services/oauth2/token"
TOKEN_ANSWER = {
    "access_token": "00Dfresh!token",
    "signature": "sig-value",
    "scope": "api",
    "instance_url": INSTANCE,
    "id": "https://login.salesforce.com/id/00D/005",
    "token_type": "Bearer",
    "issued_at": "1795370000000",
}


def signed_in(value: str = "00Dold!token") -> Bench:
    return Bench(tokens=MemoryTokens(Token(value, facts={"instance_url": INSTANCE})))


def client(bench: Bench | None = None, **changes: Any) -> Salesforce:
    return Salesforce(salesforce_account(**changes), (bench or signed_in()).services)


def sent(number: int = -1) -> Any:
    """The JSON of one request."""
    return json.loads(request(number).body)


def soql(number: int = -1) -> str:
    return str(parse_qs(urlsplit(request(number).url).query)["q"][0])


def header(name: str, number: int = -1) -> Any:
    return request(number).headers.get(name)


def rows(*records: dict[str, Any]) -> dict[str, Any]:
    typed = [{"attributes": {"type": "X"}, **record} for record in records]
    return {"totalSize": len(records), "done": True, "records": typed}
