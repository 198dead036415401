"""What Salesforce can do, as data that the engine reads."""

from datetime import timedelta

from ..base import Capabilities, EventCapability, NoteForm, ObjectCapability, OptOutField, TaskForm
from ..lookups import LookUp
from .fields import OPT_OUT_FIELD

ROWS_PER_CALL = 200  # sObject Collections: developer.salesforce.com/docs/platform/api-rest
SOURCE = "Salesforce REST API, developer.salesforce.com/docs/platform/api-rest"
COLLECTIONS = SOURCE + "; sObject Collections take 200 rows"
RECORD_WRITES = ("upsert", "create", "update", "delete", "set")
READS = ("read", "find", "page")
ID_LENGTH = 15  # the other three make an id safe where case is lost
USER_FIELDS = ("OwnerId", "CreatedById", "LastModifiedById")
LAST_UNSUBSCRIBE = "Last_Unsubscribe_Date__c"
NOT_YET = "Salesforce pushes nothing to a plain web address; changes are read by their SystemModstamp."


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
        source=COLLECTIONS,
    )


def _note(name: str, source: str) -> ObjectCapability:
    return ObjectCapability(
        name,
        "note",
        reads=("read", "find"),
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
            "Account", "other", reads=READS, writes=RECORD_WRITES, batch=ROWS_PER_CALL, source=COLLECTIONS
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
        EventCapability("contact.created", "polled", NOT_YET),
        EventCapability("contact.updated", "polled", NOT_YET),
        EventCapability("opt_out.changed", "polled", NOT_YET),
        EventCapability("task.updated", "polled", NOT_YET),
        EventCapability("contact.deleted", "invisible", "Deleted records are no longer in the answers to a query."),
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
    parallel=5,  # long calls at once in a Developer org; 25 elsewhere (salesforce.md §2.6)
    source=SOURCE,
)
