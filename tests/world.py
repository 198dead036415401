"""A small company on the sandbox: connections, the main mapping and rules, and short ways to make things happen."""

from __future__ import annotations

import copy
import json
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.models import Change
from config.tasks import work_off
from integrations.models import BudgetWindow, Connection, Event
from integrations.sandbox.testing import RunningSandbox
from integrations.tokens import set_token
from mappings.models import Mapping, MappingVersion, Rule, Run, VersionState

TOKEN = "test-token"
SUBSCRIBER_TO_LEAD: dict[str, Any] = {
    "source": {"connection": "getresponse-main", "object": "contact", "read": "auto"},
    "target": {"connection": "salesforce-main", "object": "Lead"},
    "key": {"field": "GetResponse_Contact_ID__c", "from": "contactId"},
    "match": ["email"],
    "fields": [
        {"from": "name", "via": ["first_name"], "to": "FirstName"},
        {"from": "name", "via": ["last_name"], "to": "LastName", "fallback": "Unknown"},
        {"from": "email", "to": "Email"},
        {"from": ["customFields.company", "email"], "via": ["company_or_domain"], "to": "Company"},
        {"from": "customFields.job_title", "to": "Title", "via": [{"truncate": 128}]},
        {"value": "Email Marketing", "to": "LeadSource", "write": "create"},
        {"from": "tags", "via": ["names", {"join": ";"}], "to": "GetResponse_Tags__c"},
        {"from": "createdOn", "via": ["datetime"], "to": "GetResponse_Subscription_Date__c", "blank": "ignore"},
        {
            "value": "Hot",
            "to": "Rating",
            "if": {"field": "tags", "op": "contains_any", "value": ["pricing_page_visited", "demo_watched"]},
        },
    ],
}
OPT_OUT = {"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}}


class World:
    """One installation with the sandbox's GetResponse and Salesforce connected."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.getresponse = self._connection(
            "getresponse-main", "getresponse", sandbox.getresponse_url, {"api_key": "sandbox-getresponse-key"}
        )
        self.salesforce = self._connection(
            "salesforce-main",
            "salesforce",
            sandbox.salesforce_url,
            {"flow": "client_credentials", "client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"},
        )

    def _connection(self, name: str, vendor: str, url: str, credentials: dict[str, str]) -> Connection:
        connection = Connection(name=name, vendor=vendor, base_url=url, credentials=credentials)
        set_token(connection, TOKEN if vendor == "getresponse" else "")
        connection.save()
        return connection

    def mapping(self, name: str = "subscriber-to-lead", **changes: Any) -> Mapping:
        spec = copy.deepcopy(SUBSCRIBER_TO_LEAD) | changes
        mapping = Mapping.objects.create(name=name)
        MappingVersion.objects.create(mapping=mapping, number=1, state=VersionState.PUBLISHED, spec=spec)
        return mapping

    def rule(self, name: str, event: str, *actions: dict[str, Any], **facts: Any) -> Rule:
        position = Rule.objects.count()
        return Rule.objects.create(
            name=name, connection=self.getresponse, event=event, actions=list(actions), position=position, **facts
        )

    def main_job(self) -> None:
        """The mapping and the two rules of the main job."""
        self.mapping()
        self.rule("new-subscriber", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
        self.rule("stop", "contact.unsubscribed", OPT_OUT)

    def post(self, body: Any, token: str = TOKEN, **headers: str) -> Any:
        return Client().post(
            f"/webhooks/getresponse/{token}/", data=json.dumps(body), content_type="application/json", headers=headers
        )

    def hear(self, contact: dict[str, Any], action: str = "subscribe", **more: Any) -> Any:
        """The event of a contact, in the brief's form."""
        keys = ("contactId", "email", "name", "createdOn")
        body = {key: contact[key] for key in keys} | {"campaign": {"campaignId": contact["campaignId"], "name": "List"}}
        return self.post({"contact": body | more, "action": action})

    def subscribe(self, email: str, **facts: Any) -> dict[str, Any]:
        """Somebody fills in a form, and the event reaches us."""
        contact: dict[str, Any] = self.sandbox.subscribe(email, **facts)
        assert self.hear(contact).status_code == 200
        return contact

    def work(self, rounds: int = 20) -> None:
        """Plan and deliver all that is due, as `work --once` does; many rounds would be a loop."""
        for _round in range(rounds):
            if not sum(work_off(lane) for lane in settings.LANES):
                return
        raise AssertionError("The work does not come to an end.")

    def let_time_pass(self) -> None:
        """All waiting is over: pauses of connections, back-off of changes and events."""
        now = timezone.now()
        Connection.objects.update(paused_until=None)
        Change.objects.filter(state="queued").update(next_attempt_at=now)
        Event.objects.filter(state="new").update(next_attempt_at=now)
        Run.objects.update(next_attempt_at=now)
        BudgetWindow.objects.all().delete()

    @property
    def leads(self) -> list[dict[str, Any]]:
        return self.sandbox.records("salesforce", "Lead")

    def changes(self, **filters: Any) -> list[Change]:
        return list(Change.objects.filter(**filters).order_by("id"))

    def events(self, **filters: Any) -> list[Event]:
        return list(Event.objects.filter(**filters).order_by("id"))
