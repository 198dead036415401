"""What GetResponse can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, ObjectCapability, OptOutField, Watch
from ..lookups import LookUp
from .fields import LIST

SOURCE = "GetResponse OpenAPI 3.2026-07-28 and apidocs.getresponse.com/v3"
BY_CALLBACK = "Pushed at once by the callback, which is not repeated when it fails, and by webhooks, which are."
BY_WEBHOOK = "Pushed by a webhook made in GetResponse: Integrations & API > Webhooks. The callback does not report it."
NOT_REPORTED = "GetResponse reports it neither by callback nor by webhook."
LOOKED_FOR = "Looked for every 5 minutes as well."
ONCE_KNOWN = LOOKED_FOR + " Then only of contacts that Crosswalk has seen before."
REMOVALS = "Removed contacts are looked through every 15 minutes."
WEBINARS = "Looked for every 15 minutes, for webinars of the last 14 and the next 30 days."

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
        EventCapability("contact.subscribed", "pushed", f"{BY_CALLBACK} {LOOKED_FOR}"),
        EventCapability(
            "contact.unsubscribed",
            "pushed",
            f"{BY_CALLBACK} Only when the person used the link. {REMOVALS} So complaints are found.",
        ),
        EventCapability("email.opened", "pushed", BY_CALLBACK + " Not looked for: that would take a call per contact."),
        EventCapability(
            "email.clicked", "pushed", BY_CALLBACK + " Not looked for: that would take a call per contact."
        ),
        EventCapability("contact.created", "pushed", f"{BY_WEBHOOK} A contact copied from another list. {LOOKED_FOR}"),
        EventCapability("contact.moved", "pushed", f"{BY_WEBHOOK} {ONCE_KNOWN}"),
        EventCapability("contact.email_changed", "pushed", f"{BY_WEBHOOK} {ONCE_KNOWN}"),
        EventCapability("contact.undeliverable", "pushed", f"{BY_WEBHOOK} {REMOVALS}"),
        EventCapability(
            "contact.updated",
            "polled",
            "Looked for every 5 minutes. A webhook reports at once when a custom field changed, and nothing else.",
        ),
        EventCapability(
            "contact.tagged",
            "polled",
            f"{NOT_REPORTED} Looked for every 5 minutes among the contacts that GetResponse says were changed; all "
            "tags are compared every 6 hours. At once when an automation sends tag_applied.",
        ),
        EventCapability(
            "contact.untagged",
            "polled",
            f"{NOT_REPORTED} Looked for every 5 minutes among the contacts that GetResponse says were changed.",
        ),
        EventCapability(
            "contact.deleted",
            "polled",
            f"{NOT_REPORTED} {REMOVALS} Removed by a colleague or a program: no statement by the person.",
        ),
        EventCapability(
            "form.submitted",
            "polled",
            "GetResponse has no form event: a form makes a new contact. Looked for every 5 minutes, by the origin of "
            "new contacts; which form it was cannot be seen.",
        ),
        EventCapability("webinar.registered", "polled", f"{NOT_REPORTED} {WEBINARS}"),
        EventCapability("webinar.attended", "polled", f"{NOT_REPORTED} {WEBINARS} From its start on."),
        EventCapability(
            "note.updated", "invisible", NOT_REPORTED + " A look finds a changed contact, not a changed note."
        ),
    ),
    watches=(
        Watch(
            "contacts",
            "new, changed and tagged contacts",
            (
                *("contact.subscribed", "contact.created", "contact.updated", "contact.moved", "contact.email_changed"),
                *("contact.tagged", "contact.untagged", "form.submitted"),
            ),
            timedelta(minutes=5),
            source="OAS: GET /contacts with query[createdOn] and query[changedOn]; search-contacts by tag",
        ),
        Watch(
            "removed",
            "contacts that left a list",
            ("contact.unsubscribed", "contact.undeliverable", "contact.deleted"),
            timedelta(minutes=15),
            source="OAS: POST /search-contacts/contacts with subscribersType removed",
        ),
        Watch(
            "webinars",
            "registrants and participants of webinars",
            ("webinar.registered", "webinar.attended"),
            timedelta(minutes=15),
            source="OAS: GET /webinars; the webinar condition of search-contacts as third-party clients use it",
        ),
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
        LookUp(
            "messages",
            "newsletters and autoresponders",
            "message",
            fields=("message.resourceId",),
            source="OAS: GET /newsletters, GET /autoresponders",
        ),
        LookUp("webinars", "webinars", "webinar", fields=("webinar.webinarId",), source="OAS: GET /webinars"),
        LookUp("forms", "forms", "form", source="OAS: GET /forms, GET /webforms"),
        LookUp("landing_pages", "landing pages", "landing_page", source="OAS: GET /landing-pages"),
    ),
    parallel=AT_ONCE,
    source=SOURCE,
)
