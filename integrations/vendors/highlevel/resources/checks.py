"""The connection test of a location: reads only; which scopes are there, what the limits are, how news arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...base import Check
from ...errors import CrosswalkError, NotFound, ScopeMissing
from ...http import Call
from ..capabilities import CAPABILITIES
from ..client import NO_SCOPE, Api, daily_limits, interval_limits
from ..webhooks import key_problem, takes_workflows
from .rows import body_of

SINGLE = {"limit": 1, "skip": 0}
TICK = NO_SCOPE.format("{}").split("Then")[0]
# What is looked at, and without which scope what does not work.
WITHOUT = {
    "contacts.readonly": "nothing works without",
    "locations/customFields.readonly": "custom fields cannot be mapped",
    "locations/tags.readonly": "tags cannot be chosen by name",
    "locations/tasks.readonly": "changed tasks are not seen",
    "users.readonly": "nobody can be assigned by name",
    "workflows.readonly": "workflows cannot be chosen by name",
    "campaigns.readonly": "campaigns cannot be chosen by name",
    "calendars/events.readonly": "appointments cannot be read",
    "conversations.readonly": "conversations cannot be read",
    "businesses.readonly": "businesses cannot be read",
    "contacts.write": "nothing can be written",
}
WRONG_KEY = "Paste the whole PEM, with its first and last line, or empty the option for HighLevel's own key."
NEEDED = ("contacts.readonly", "contacts.write")


class Checks:
    def __init__(self, api: Api) -> None:
        self.api = api
        self._headers: Mapping[str, str] = {}

    def run(self) -> list[Check]:
        """Contacts first: a token that may not even read them is of no use."""
        contacts = self._look("Contacts", self._contacts)
        if not contacts.ok:
            return [contacts]
        return [contacts, self._look("Location", self._location), self._look("Scopes", self._scopes), *self._rest()]

    def _rest(self) -> list[Check]:
        return [self._limits(), self._webhooks(), self._events()]

    def _look(self, name: str, look: Callable[[], Check]) -> Check:
        try:
            return look()
        except CrosswalkError as error:
            return Check(name, False, error.message, error.help)

    def _contacts(self) -> Check:
        body = {"locationId": self.api.location, "pageLimit": 1}
        answer = self.api.send(Call("POST", "/contacts/search", body=body, reads=True))
        self._headers = answer.headers
        total = answer.json.get("total")
        return Check("Contacts", True, f"Can be read: {'some' if total is None else total}.")

    def _location(self) -> Check:
        """One contact or several for an address: HighLevel calls it "Allow Duplicate Contact"."""
        try:
            answer = self.api.send(Call("GET", f"/locations/{self.api.location}"))
        except ScopeMissing as error:
            return Check("Location", False, error.message, error.help, required=False)
        facts = body_of(answer, "location")
        settings = facts.get("settings")
        doubles = isinstance(settings, dict) and bool(settings.get("allowDuplicateContact"))
        said = f"Connected to {facts.get('name') or self.api.location}, time zone {facts.get('timezone') or 'unknown'}."
        help_text = "Switch off Allow Duplicate Contact in HighLevel (Settings > Business Profile)." if doubles else ""
        detail = f"{said} It allows several contacts with one address." if doubles else said
        return Check("Location", not doubles, detail, help_text, required=False)

    def _scopes(self) -> Check:
        """What the sign-in or the person said; of the rest, each scope that reads is tried by a small read."""
        said = self.api.scopes()
        held = {scope: True for scope in WITHOUT if scope == "contacts.readonly" or (said and scope in said)}
        tried = {scope: self._may_read(call) for scope, call in self._probes().items() if scope not in held}
        known = held | {scope: may for scope, may in tried.items() if may is not None}
        missing = [scope for scope in WITHOUT if known.get(scope) is False or (said and scope not in known)]
        unknown = [scope for scope in WITHOUT if scope not in known and scope not in missing]
        parts = [f"Held: {', '.join(s for s in WITHOUT if known.get(s))}."]
        parts += [f"Missing: {', '.join(f'{scope} ({WITHOUT[scope]})' for scope in missing)}."] if missing else []
        parts += [f"Shown by the first write only: {', '.join(unknown)}."] if unknown else []
        help_text = TICK.format(", ".join(missing)) + "Then press Test connection." if missing else ""
        return Check("Scopes", not missing, " ".join(parts), help_text, required=bool(set(missing) & set(NEEDED)))

    def _probes(self) -> dict[str, Call]:
        location = self.api.location
        here = (("locationId", location),)
        day = (*here, ("startTime", "0"), ("endTime", "1"), ("userId", "none"))
        return {
            "locations/customFields.readonly": Call("GET", f"/locations/{location}/customFields"),
            "locations/tags.readonly": Call("GET", f"/locations/{location}/tags"),
            "locations/tasks.readonly": Call("POST", f"/locations/{location}/tasks/search", body=SINGLE, reads=True),
            "users.readonly": Call("GET", "/users/", here),
            "workflows.readonly": Call("GET", "/workflows/", here),
            "campaigns.readonly": Call("GET", "/campaigns/", here),
            "calendars/events.readonly": Call("GET", "/calendars/events", day),
            "conversations.readonly": Call("GET", "/conversations/search", (*here, ("limit", "1"))),
            "businesses.readonly": Call("GET", "/businesses/", (*here, ("limit", "1"))),
        }

    def _may_read(self, call: Call) -> bool | None:
        """None where the answer is about something else than the scope."""
        try:
            self._headers = self.api.send(call).headers
        except ScopeMissing:
            return False
        except NotFound:
            return True
        except CrosswalkError:
            return None
        return True

    def _limits(self) -> Check:
        """What the account really has: a trial account a quarter of the contract (highlevel.md §4)."""
        now, day = interval_limits(self._headers), daily_limits(self._headers)
        if not now or not day:
            return Check("Limits", True, "100 calls in 10 seconds and 200,000 a day by contract.", required=False)
        calls, per = now
        detail = f"{calls} calls in {per.total_seconds():.0f} seconds; {day[1]} of {day[0]} calls are left today."
        contract = CAPABILITIES.limits[0][0]
        help_text = f"Enter the limits of this account on the connection: {calls} calls per 10s, {day[0]} per 1d."
        return Check("Limits", day[1] > 0, detail, help_text if calls < contract or day[1] <= 0 else "", required=False)

    def _webhooks(self) -> Check:
        """How what comes in is proven; a key that cannot be read refuses everything."""
        problem = key_problem(self.api.account.options)
        workflows = "accepted by the address alone" if takes_workflows(self.api.account) else "refused"
        detail = problem or f"Of an app: believed when they are signed. Of a workflow, unsigned: {workflows}."
        return Check("Webhooks", not problem, detail, WRONG_KEY if problem else "", required=False)

    def _events(self) -> Check:
        seen = {
            kind: [e.type for e in CAPABILITIES.events if e.seen == kind] for kind in ("pushed", "polled", "invisible")
        }
        detail = "; ".join(f"{kind}: {', '.join(types)}" for kind, types in seen.items() if types)
        return Check("Events", True, f"{detail}.", required=False)
