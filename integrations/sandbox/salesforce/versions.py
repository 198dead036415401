"""Which API versions the org still speaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from werkzeug.wrappers import Response

from ..vendor import Call, json_response
from .errors import not_found, refusal

OLDEST, NEWEST = 31, 67


def list_versions(call: Call) -> Response:
    versions = [
        {"label": f"v{n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in range(OLDEST, NEWEST + 1)
    ]
    return json_response(versions)


def version_of(call: Call) -> str:
    found = re.search(r"/services/data/v([0-9.]+)", call.request.path)
    return found[1] if found else f"{NEWEST}.0"


def versioned(handler: Callable[..., Response]) -> Callable[..., Response]:
    """The handler, for versions that are alive: retired ones are 410, unknown ones 404."""

    @wraps(handler)
    def handle(call: Call, version: str, **arguments: str) -> Response:
        number = int(version.split(".")[0]) if re.fullmatch(r"[0-9]{1,3}\.[0-9]", version) else 0
        if number == 0 or number > NEWEST:
            raise not_found()
        if number < OLDEST:
            raise refusal(410, "UNSUPPORTED_API_VERSION", f"The API version {version} is retired")
        return handler(call, **arguments)

    return handle
