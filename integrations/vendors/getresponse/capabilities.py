"""What GetResponse can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, ObjectCapability, OptOutField
from ..lookups import LookUp
from .fields import LIST

SOURCE = "GetResponse OpenAPI 3.2026-07-28 and apidocs.getresponse.com/v3"
BY_CALLBACK = "Pushed at once by the callback, which is not repeated when it fails, and by webhooks, which are."
BY_WEBHOOK = "Pushed by a webhook made in GetResponse: Integrations & API > Webhooks. The callback does not report it."
NOT_REPORTED = "GetResponse reports it neither by callback nor by webhook."

RECORD_WRITES = ("upsert", "create", "update", "set", "delete")
AT_ONCE = 10  # a write is a call of its own; 10 may be under way (apidocs.getresponse.com/v3/limits)
MASKS_PER_CALL = 100  # GetResponse names no limit; one refused address makes the call again in halves

CAPABILITIES = Capabilities(
    objects=(
        ObjectCapability(
            "contact",
            "contact",
            reads=("read", "find", "page"),
            writes=(*RECORD_WRITES, "add_tags", "remove_tags", "add_to_campaign", "remove_from_campaign"),
            id_field="contactId",
            batch=AT_ONCE,
            subscribing=("upsert", "create", "update", "set", "add_to_campaign"),
            one_per=LIST,
            addresses={"email": "email"},
            modified_field="changedOn",
            made_field="createdOn",
            name_fields=("name",),
            source="OAS: /contacts, /contacts/{contactId}; one contact is one address on one list",
        ),
        ObjectCapability(
            "blocklist",
            "other",
            reads=("find",),
            writes=("opt_out", "opt_in", "update"),
            id_field="mask",
            batch=MASKS_PER_CALL,
            source="OAS: /accounts/blocklists; who is on it gets no mail on any list and cannot be added",
        ),
        ObjectCapability(
            "campaign",
            "campaign",
            reads=("page",),
            id_field="campaignId",
            source="OAS: GET /campaigns; a campaign is a list",
        ),
        ObjectCapability("tag", "tag", reads=("page",), id_field="tagId", source="OAS: GET /tags"),
    ),
    events=(
        EventCapability("contact.subscribed", "pushed", BY_CALLBACK),
        EventCapability("contact.unsubscribed", "pushed", BY_CALLBACK + " Only when the person used the link."),
        EventCapability("email.opened", "pushed", BY_CALLBACK),
        EventCapability("email.clicked", "pushed", BY_CALLBACK),
        EventCapability("contact.created", "pushed", BY_WEBHOOK + " A contact copied from another list."),
        EventCapability("contact.moved", "pushed", BY_WEBHOOK),
        EventCapability("contact.updated", "pushed", BY_WEBHOOK + " Only when a custom field changed."),
        EventCapability("contact.email_changed", "pushed", BY_WEBHOOK),
        EventCapability("contact.undeliverable", "pushed", BY_WEBHOOK),
        EventCapability("contact.tagged", "pushed", NOT_REPORTED + " Seen only when an automation sends tag_applied."),
        EventCapability("contact.untagged", "invisible", NOT_REPORTED),
        EventCapability("contact.deleted", "invisible", NOT_REPORTED + " Removals by people and programs are silent."),
        EventCapability("form.submitted", "invisible", "GetResponse has no form event: a form makes a new contact."),
        EventCapability("note.updated", "invisible", NOT_REPORTED),
    ),
    # 30,000 in 10 minutes, 80 in a second, 10 at once, per account: apidocs.getresponse.com/v3/limits
    limits=((30_000, timedelta(minutes=10)), (80, timedelta(seconds=1))),
    opt_outs=(OptOutField("blocklist", "email", "blocked", True, email_field="mask", go=False),),
    consent_paths=("origin", "createdOn"),
    callbacks=True,
    campaign_object="contact",
    lookups=(
        LookUp("lists", "lists", "campaign", fields=("campaign.campaignId",), source="OAS: GET /campaigns"),
        LookUp("tags", "tags", "tag", fields=("tags",), by_name=True, source="OAS: GET /tags"),
    ),
    parallel=AT_ONCE,
    source=SOURCE,
)
