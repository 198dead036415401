"""What a person enters to connect a location of HighLevel, and how it becomes an access token."""

from __future__ import annotations

from ..base import Account, Credential, Services, Token
from ..errors import AuthenticationFailed
from ..http import Http

BASE_URL = "https://services.leadconnectorhq.com"
NEW_TOKEN = (
    "In HighLevel, in the sub-account: Settings > Private Integrations. Make an integration there and enter its token."
)

CREDENTIALS = (
    Credential(
        "token",
        "Private integration token",
        help="In HighLevel, in the sub-account itself: Settings > Private Integrations > Create new integration. Tick "
        "the scopes that the documentation lists; the token (pit-…) is shown once. One of the agency does not work.",
        required=False,
    ),
)

OPTIONS = (
    Credential(
        "location_id",
        "Location ID",
        help="Of the sub-account: Settings > Business Profile, or the part of the browser's address after /location/.",
        secret=False,
        required=False,
    ),
    Credential(
        "scopes",
        "Scopes of the token",
        help="Optional: the scopes that you ticked, with blanks between them. HighLevel does not tell which ones a "
        "private integration token has; with this, a missing one is said before a write is tried.",
        secret=False,
        required=False,
    ),
)


def fetch_token(account: Account, services: Services, http: Http) -> Token:
    """The next access token. Raises AuthenticationFailed with what to do."""
    raise AuthenticationFailed(f"{account.name} has no token.", help=NEW_TOKEN)
