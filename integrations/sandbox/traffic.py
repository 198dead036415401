"""Plays a few minutes of real-looking traffic against a running sandbox, by its control API alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

PATIENCE = 30  # seconds for one call
WAIT_FOR_LEAD = 60  # seconds to wait for somebody's lead before it is converted
REFUSED_COMPANY = "Northwind Test Account"
REFUSED_WHY = (
    "Company: accounts named “Northwind Test Account” are for training only. Use the customer's real company name."
)
OPTED_OUT = "jane.vanderberg@example.com"
MESSAGE = {
    "email": "noa.levi@example.com",
    "first": "נועה",
    "last": "לוי",
    "phone": "052-2345678",
    "messageId": "demo-1",
    "channel": "sms",
    "lastMessage": "שלום, מה המחיר של עיצוב לוגו?",
}


@dataclass(frozen=True)
class Subscriber:
    """Somebody who signs up; "" stands for not given."""

    email: str
    name: str = ""
    company: str = ""
    job_title: str = ""
    tags: tuple[str, ...] = ()

    def params(self) -> dict[str, Any]:
        fields = {"company": self.company, "job_title": self.job_title}
        given = {name: value for name, value in fields.items() if value}
        return {"email": self.email, "name": self.name, "customFields": given, "tags": list(self.tags)}


SUBSCRIBERS = (
    Subscriber("dana.cohen@example.com", "דנה כהן", "כהן ושות׳", "סמנכ״לית שיווק", ("vip",)),
    Subscriber(OPTED_OUT, "Dr. Jane van der Berg", "Berg Clinics", "Medical Director"),
    Subscriber("madonna@example.com", "Madonna", "Material Music"),
    Subscriber("rocket@example.com", "Ada 🚀 Lovelace", "Analytical Engines", "Engineer", ("demo_watched",)),
    Subscriber("no.name@example.com", "", "Quiet Ltd"),
    Subscriber("omar.haddad@example.com", "Omar Haddad"),
    Subscriber("training@example.com", "Tom Trainer", REFUSED_COMPANY, "Trainer"),
    Subscriber("noa.levi@example.com", "נועה לוי", "Levi Design", "Designer", ("met_at_event",)),
    Subscriber("maria@example.com", "García Márquez, María", "Editorial Sur", "Editor"),
    Subscriber("li.wei@example.com", "李伟", "Shanghai Trading"),
    Subscriber("bob.smith@example.com", "Mr. Bob Smith Jr.", "Smith & Sons", "Partner", ("pricing_page_visited",)),
    Subscriber("yael@example.com", "ד״ר יעל בן דוד", "מרפאות הצפון"),
)
Step = Callable[[], None]


@dataclass
class Player:
    """One performance. `say` gets one line for each thing that happens."""

    url: str
    say: Callable[[str], None] = print
    messages_to: str = ""  # the webhook URL of the connection that takes messages; "" sends none
    session: requests.Session = field(default_factory=requests.Session)

    def steps(self) -> Iterator[Step]:
        """What happens, in order. The pauses between are up to the caller."""
        yield self._refuse_training_accounts
        for place, subscriber in enumerate(SUBSCRIBERS):
            yield lambda subscriber=subscriber: self._subscribe(subscriber)  # type: ignore[misc]
            if place == 3:
                yield lambda: self._tag(OPTED_OUT, "pricing_page_visited")
            if place == 5:
                yield lambda: self._react("open", OPTED_OUT)
                yield self._convert
            if place == 7:
                yield self._unsubscribe
            if place == 8 and self.messages_to:
                yield self._send_message
            if place == 9:
                yield lambda: self._react("click", "noa.levi@example.com")

    def _refuse_training_accounts(self) -> None:
        rule = {"validation_rule": f"Lead.Company={REFUSED_COMPANY}", "validation_message": REFUSED_WHY}
        self._post("/control/salesforce/switches", rule)
        self.say(f"Salesforce: a validation rule refuses leads of {REFUSED_COMPANY}")

    def _subscribe(self, subscriber: Subscriber) -> None:
        self._act("getresponse", "subscribe", subscriber.params())
        self.say(f"GetResponse: {subscriber.email} signed up")

    def _tag(self, email: str, tag: str) -> None:
        self._act("getresponse", "tag", {"email": email, "tag": tag})
        self.say(f"GetResponse: {email} was tagged {tag}")

    def _react(self, act: str, email: str) -> None:
        self._act("getresponse", act, {"email": email})
        self.say(f"GetResponse: {email}: {act}")

    def _convert(self) -> None:
        """A salesperson converts the lead, once there is one."""
        end = time.monotonic() + WAIT_FOR_LEAD
        while not self._lead_exists(OPTED_OUT) and time.monotonic() < end:
            time.sleep(0.5)
        if not self._lead_exists(OPTED_OUT):
            self.say(f"Salesforce: no lead for {OPTED_OUT} yet, so nobody converts it")
            return
        self._post("/control/salesforce/switches", {"edit_converted_leads": True})  # so that the lead can be told, too
        self._act("salesforce", "convert", {"email": OPTED_OUT})
        self.say(f"Salesforce: the lead of {OPTED_OUT} was converted to a contact")

    def _unsubscribe(self) -> None:
        self._act("getresponse", "unsubscribe", {"email": OPTED_OUT})
        self.say(f"GetResponse: {OPTED_OUT} clicked unsubscribe")

    def _send_message(self) -> None:
        self._act("responder", "message", {"url": self.messages_to, "body": MESSAGE})
        self.say(f"Responder Live: {MESSAGE['email']} wrote a message")

    def _lead_exists(self, email: str) -> bool:
        answer = self.session.get(f"{self.url}/control/salesforce/records/Lead", timeout=PATIENCE)
        answer.raise_for_status()
        return any(lead.get("Email") == email for lead in answer.json()["records"])

    def _act(self, vendor: str, act: str, params: Mapping[str, Any]) -> None:
        self._post(f"/control/{vendor}/acts/{act}", params)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        self.session.post(self.url + path, json=body, timeout=PATIENCE).raise_for_status()


def play(sandbox_url: str, minutes: float, say: Callable[[str], None] = print, messages_to: str = "") -> None:
    """Play it all once, spread over `minutes`. Raises requests.RequestException when the sandbox is gone."""
    player = Player(sandbox_url.rstrip("/"), say, messages_to)
    steps = list(player.steps())
    pause = minutes * 60 / len(steps)
    for step in steps:
        step()
        time.sleep(pause)
