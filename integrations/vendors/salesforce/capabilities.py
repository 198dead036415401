"""What Salesforce can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, NoteForm, ObjectCapability, OptOutField, TaskForm, Watch
from ..lookups import LookUp
from .fields import OPT_OUT_FIELD

ROWS_PER_CALL = 200  # sObject Collections: developer.salesforce.com/docs/platform/api-rest
LOADS_PAY_FROM = 2000  # rows: below that, collections of 200 are quicker (salesforce.md §2.2)
UNKNOWN_TO_LOADS = ("allow_duplicates",)  # a job of Bulk API 2.0 has no such header (salesforce.md §2.3)
SOURCE = "Salesforce REST API, developer.salesforce.com/docs/platform/api-rest"
COLLECTIONS = SOURCE + "; sObject Collections take 200 rows"
RECORD_WRITES = ("upsert", "create", "update", "delete", "set")
READS = ("read", "find", "page")
ID_LENGTH = 15  # the other three make an id safe where case is lost
USER_FIELDS = ("OwnerId", "CreatedById", "LastModifiedById")
LAST_UNSUBSCRIBE = "Last_Unsubscribe_Date__c"
LOOKED_AT = timedelta(minutes=2)
POLLING = SOURCE + "; query and queryAll by SystemModstamp, salesforce.md §4"
SEEN_SOON = "Seen within two minutes or so: Salesforce reports nothing by itself, so its changes are asked for."
PERSON_EVENTS = ("contact.created", "contact.updated", "contact.email_changed", "contact.deleted", "opt_out.changed")
TASK_EVENTS = ("task.created", "task.updated", "task.completed", "task.deleted")
STOPS = SEEN_SOON + " A record that was not seen before and has the box ticked counts as well."
DELETED = "Seen within two minutes or so, also when two records were merged; not what was emptied from the bin before."


def _person(name: str) -> ObjectCapability:
    return ObjectCapability(
        name,
        "contact",
        reads=READS,
        writes=(*RECORD_WRITES, "opt_out"),
        batch=ROWS_PER_CALL,
        addresses={"email": "Email", "phone": "Phone"},
        modified_field="SystemModstamp",
        made_field="CreatedDate",
        name_fields=("FirstName", "LastName"),
        load_from=LOADS_PAY_FROM,
        load_unless=UNKNOWN_TO_LOADS,
        source=COLLECTIONS,
    )


def _note(name: str, source: str) -> ObjectCapability:
    """Written and not read: its fields are asked for when a rule makes one, for an org may have no notes at all."""
    return ObjectCapability(
        name,
        "note",
        writes=("add_note", "update_note", "delete_note"),
        batch=ROWS_PER_CALL,
        made_field="CreatedDate",
        source=source,
    )


CAPABILITIES = Capabilities(
    objects=(
        _person("Lead"),
        _person("Contact"),
        ObjectCapability(
            "Account",
            "other",
            reads=READS,
            writes=RECORD_WRITES,
            batch=ROWS_PER_CALL,
            load_from=LOADS_PAY_FROM,
            load_unless=UNKNOWN_TO_LOADS,
            source=COLLECTIONS,
        ),
        ObjectCapability("Campaign", "campaign", reads=READS, source=SOURCE),
        ObjectCapability(
            "CampaignMember",
            "campaign",
            reads=READS,
            writes=("add_to_campaign", "remove_from_campaign"),
            batch=ROWS_PER_CALL,
            subscribing=("add_to_campaign",),
            source=SOURCE + "; an existing member is updated by its id, never created again",
        ),
        ObjectCapability(
            "Task",
            "task",
            reads=READS,
            writes=(*RECORD_WRITES, "create_task", "update_task", "complete_task", "delete_task"),
            batch=ROWS_PER_CALL,
            modified_field="SystemModstamp",
            made_field="CreatedDate",
            source=COLLECTIONS,
        ),
        _note("ContentNote", SOURCE + "; a note is made, then linked by a ContentDocumentLink"),
        _note("Note", COLLECTIONS),
    ),
    events=(
        EventCapability("contact.created", "polled", SEEN_SOON),
        EventCapability("contact.updated", "polled", SEEN_SOON + " Also when a lead was converted."),
        EventCapability("contact.email_changed", "polled", SEEN_SOON + " Of records that were seen before."),
        EventCapability("contact.deleted", "polled", DELETED),
        EventCapability("opt_out.changed", "polled", STOPS),
        EventCapability("task.created", "polled", SEEN_SOON),
        EventCapability("task.updated", "polled", SEEN_SOON),
        EventCapability("task.completed", "polled", SEEN_SOON + " A status that your org counts as closed."),
        EventCapability("task.deleted", "polled", DELETED),
    ),
    # Rolling 24 hours, per org, shared with every other program. The base of the Enterprise edition; what the org
    # really has comes with the Sforce-Limit-Info header of every answer (salesforce.md §2.6).
    limits=((100_000, timedelta(hours=24)),),
    opt_outs=(
        OptOutField("Lead", "email", OPT_OUT_FIELD, True, LAST_UNSUBSCRIBE, "Email"),
        OptOutField("Contact", "email", OPT_OUT_FIELD, True, LAST_UNSUBSCRIBE, "Email"),
    ),
    campaign_object="CampaignMember",
    task=TaskForm(
        "Task",
        title="Subject",
        body="Description",
        due="ActivityDate",
        due_is_date=True,
        assignee="OwnerId",
        priority="Priority",
        status="Status",
        done="Completed",
        open="Not Started",
    ),
    notes=(
        NoteForm("ContentNote", body="Content", title="Title", html=True),
        NoteForm("Note", body="Body", title="Title"),
    ),
    lookups=(
        LookUp(
            "campaigns",
            "campaigns",
            "campaign",
            fields=("CampaignId",),
            significant=ID_LENGTH,
            source="Object Reference: Campaign",
        ),
        LookUp("member_statuses", "campaign member statuses", "member_status", source="CampaignMemberStatus.Label"),
        LookUp(
            "users",
            "active users",
            "user",
            fields=USER_FIELDS,
            significant=ID_LENGTH,
            source="Object Reference: User",
        ),
    ),
    # Any standard or custom object (Opportunity, Subscription__c) that the user may see: its describe says its fields
    other=ObjectCapability(
        "",
        "other",
        reads=READS,
        writes=RECORD_WRITES,
        batch=ROWS_PER_CALL,
        modified_field="SystemModstamp",
        made_field="CreatedDate",
        load_from=LOADS_PAY_FROM,
        load_unless=UNKNOWN_TO_LOADS,
        source=COLLECTIONS,
    ),
    watches=(
        Watch("leads", "changed leads", PERSON_EVENTS, LOOKED_AT, POLLING),
        Watch("contacts", "changed contacts", PERSON_EVENTS, LOOKED_AT, POLLING),
        Watch("tasks", "changed tasks", TASK_EVENTS, LOOKED_AT, POLLING),
    ),
    parallel=5,  # long calls at once in a Developer org; 25 elsewhere (salesforce.md §2.6)
    source=SOURCE,
)
