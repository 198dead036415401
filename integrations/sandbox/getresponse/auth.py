"""Who may call GetResponse: `X-Auth-Token: api-key KEY`, and for MAX accounts the right `X-Domain`."""

from __future__ import annotations

from ..vendor import Call
from .errors import refusal

PREFIX = "api-key "


def authenticate(call: Call) -> None:
    """Raise Refused unless key and domain are right."""
    headers = call.request.headers
    status = int(call.switches["bad_key_status"])
    token = headers.get("X-Auth-Token", "")
    if not token.startswith(PREFIX):
        raise refusal(1014, "Unsupported authentication method", status=status)
    if token.removeprefix(PREFIX) != call.switches["api_key"]:
        raise refusal(1014, "Unable to authenticate request", {"authenticationType": "auth_token"}, status=status)
    domain = call.switches["x_domain"]
    if domain and headers.get("X-Domain") != domain:
        raise refusal(1024, "Domain not found", {"domain": headers.get("X-Domain", "")})
