"""One location of HighLevel as the engine sees it."""

from __future__ import annotations

from ...base import Account, Client, Services
from ..client import Api


class HighLevel(Client):
    def __init__(self, account: Account, services: Services) -> None:
        super().__init__(account, services)
        self.api = Api(account, services)
