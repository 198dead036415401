"""The connection test of a Salesforce org: reads only, and says what to do about each line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base import Check, Record
from ...errors import CrosswalkError
from ..client import API_VERSION, NO_ACCESS, RETIRED, Api
from ..fields import OPT_OUT_FIELD
from .queries import Queries
from .rows import EXTERNAL_ID

OLDEST_VERSION = 46.0  # upserts answer with an id since then (salesforce.md §2.1)
SHOW_FIELD = (
    f"Let the integration user see and edit it: Setup > Object Manager > {{object}} > Fields > Email Opt Out "
    f"({OPT_OUT_FIELD}) > Set Field-Level Security. Until then no opt-out can reach Salesforce."
)
MARKETING_USER = "Tick Marketing User on the integration user and give it read access to campaigns."


class Checks:
    def __init__(self, api: Api, queries: Queries) -> None:
        self.api = api
        self.queries = queries

    def run(self) -> list[Check]:
        """The sign-in first: without it nothing else can be looked at."""
        sign_in = self._look("Sign-in", self._sign_in)
        if not sign_in[0].ok:
            return sign_in
        looks: dict[str, Callable[[], list[Check]]] = {
            "API version": self._version,
            "Lead": lambda: self._person("Lead"),
            "Contact": lambda: self._person("Contact"),
            "Campaign": self._campaign,
            "Limits": self._limits,
        }
        return [*sign_in, *(check for name, look in looks.items() for check in self._look(name, look))]

    def _look(self, name: str, look: Callable[[], list[Check]]) -> list[Check]:
        try:
            return look()
        except CrosswalkError as error:
            return [Check(name, False, error.message, error.help)]

    def _sign_in(self) -> list[Check]:
        self.api.get("/services/data/")  # answered without a token too, but a wrong address shows here first
        instance = self.api.token().facts.get("instance_url") or self.api.account.base_url
        return [Check("Sign-in", True, f"Signed in to {instance}.")]

    def _version(self) -> list[Check]:
        wanted = str(self.api.account.options.get("api_version") or API_VERSION).removeprefix("v")
        body = self.api.get("/services/data/")
        offered = [str(v.get("version")) for v in body if isinstance(v, dict)] if isinstance(body, list) else []
        ok = wanted in offered and float(wanted) >= OLDEST_VERSION
        detail = f"{wanted} is used." if ok else f"{wanted} is not offered: {', '.join(offered) or 'nothing is'}."
        return [Check("API version", ok, detail, "" if ok else RETIRED)]

    def _person(self, object: str) -> list[Check]:
        body = self.api.get(self.api.data(f"sobjects/{object}/describe"))
        facts = body if isinstance(body, dict) else {}
        fields = {str(f.get("name")): f for f in facts.get("fields") or () if isinstance(f, dict)}
        return [
            _permission(object, facts),
            _opt_out(object, fields.get(OPT_OUT_FIELD)),
            _external_id(object, list(fields.values())),
        ]

    def _campaign(self) -> list[Check]:
        list(self.queries.rows("SELECT Id FROM Campaign LIMIT 1"))
        body = self.api.get(self.api.data("sobjects/CampaignMember/describe"))
        createable = isinstance(body, dict) and bool(body.get("createable", True))
        detail = "Campaigns can be read and joined." if createable else "Campaigns can be read, but not joined."
        return [Check("Campaign", createable, detail, "" if createable else MARKETING_USER, required=False)]

    def _limits(self) -> list[Check]:
        body = self.api.get(self.api.data("limits"))
        daily = body.get("DailyApiRequests") if isinstance(body, dict) else None
        if not isinstance(daily, dict):
            return [Check("Limits", True, "Salesforce does not say how many calls are left.", required=False)]
        left, most = int(daily.get("Remaining") or 0), int(daily.get("Max") or 0)
        help_text = "" if left else "All calls of the last 24 hours are used, by all programs together. Wait."
        detail = f"{left} of {most} calls are left in 24 hours, for all programs together."
        return [Check("Limits", left > 0, detail, help_text, required=False)]


def _permission(object: str, facts: Record) -> Check:
    missing = [word for word in ("createable", "updateable", "queryable") if not facts.get(word, True)]
    detail = f"Not {', not '.join(missing)}." if missing else "Can be read, created and changed."
    return Check(object, not missing, detail, NO_ACCESS if missing else "")


def _opt_out(object: str, field: Any) -> Check:
    """The one that matters most: without it "stop" would end here (salesforce.md §3.2)."""
    help_text = SHOW_FIELD.format(object=object)
    if field is None:
        return Check(f"{object} opt-out", False, f"{OPT_OUT_FIELD} is not visible to the integration user.", help_text)
    if not field.get("updateable"):
        return Check(f"{object} opt-out", False, f"{OPT_OUT_FIELD} can be seen but not changed.", help_text)
    return Check(f"{object} opt-out", True, f"{OPT_OUT_FIELD} can be seen and changed.")


def _external_id(object: str, fields: list[Record]) -> Check:
    keys = [f for f in fields if f.get("externalId") and f.get("unique") and f.get("createable")]
    if not keys:
        detail = "There is no field with External ID and Unique that can be written."
        return Check(f"{object} external id", False, detail, EXTERNAL_ID, required=object == "Lead")
    return Check(f"{object} external id", True, f"{', '.join(str(f['name']) for f in keys)}.", required=False)
