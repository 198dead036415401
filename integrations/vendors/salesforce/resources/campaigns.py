"""Campaign members: looked up first, because a campaign takes a person once and refuses the second time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...base import Outcome, Record, Write
from ...errors import NotFound, RecordError, Rejected
from .queries import LONGEST_QUERY, Queries, conditions, literal

OBJECT = "CampaignMember"
OPERATIONS = ("add_to_campaign", "remove_from_campaign")
MEMBER_FIELDS = "CampaignId, LeadId, ContactId, Status"
PEOPLE = ("LeadId", "ContactId")
CAMPAIGN_ID = re.compile(r"[A-Za-z0-9]{15,18}")
ALREADY_MEMBER = "DUPLICATE_VALUE"  # "Already a campaign member."; the message is translated, the code is not
CHOOSE_ID = "Enter the campaign's id in the rule: 15 or 18 characters beginning with 701, from its address."
NOT_SEEN = "Check the campaign's id, and that the integration user may read campaigns (Marketing User)."

Member = tuple[str, str]  # (campaign, person), each by the first 15 characters of its id


class Campaigns:
    def __init__(self, queries: Queries) -> None:
        self.queries = queries

    def prepare(self, writes: Sequence[Write]) -> tuple[dict[str, Outcome], list[Write]]:
        """(what is settled without writing, what is left to write as records). Two queries for all of them."""
        refused = {w.id: Outcome(w.id, error=error) for w in writes if (error := _problem(w))}
        asked = [w for w in writes if w.id not in refused]
        if not asked:
            return refused, []
        statuses = self._statuses(asked)
        members = self._members(asked)
        settled, left = dict(refused), []
        for write in asked:
            result = _plan(write, members.get(member_of(write)), statuses.get(campaign_id(write)[:15], []))
            if isinstance(result, Outcome):
                settled[write.id] = result
            else:
                left.append(result)
        return settled, left

    def settle(self, writes: Sequence[Write], outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """Somebody else was faster: "already a member" is what was wanted."""
        late = [w for w in writes if _is_already_member(w, outcomes[w.id])]
        members = self._members(late) if late else {}
        found = {w.id: members[member_of(w)] for w in late if member_of(w) in members}
        return {**outcomes, **{id_: Outcome(id_, str(m["Id"]), False) for id_, m in found.items()}}

    def _statuses(self, writes: Sequence[Write]) -> dict[str, list[str]]:
        soql = f"SELECT CampaignId, Label FROM CampaignMemberStatus WHERE CampaignId IN ({_campaigns(writes)})"
        statuses: dict[str, list[str]] = {}
        for row in self.queries.rows(soql):
            statuses.setdefault(str(row["CampaignId"])[:15], []).append(str(row["Label"]))
        return statuses

    def _members(self, writes: Sequence[Write]) -> dict[Member, Record]:
        start = f"SELECT Id, {MEMBER_FIELDS} FROM {OBJECT} WHERE CampaignId IN ({_campaigns(writes)}) AND "
        people = list(dict.fromkeys(map(person_of, writes)))
        rows = [
            row
            for condition in conditions(people, LONGEST_QUERY - 2 * len(start))
            for row in self.queries.rows(f"{start}({condition})")
        ]
        return {
            (str(row["CampaignId"])[:15], str(row[field])[:15]): row
            for row in rows
            for field in PEOPLE
            if row.get(field)
        }


def campaign_id(write: Write) -> str:
    return str(write.params.get("campaign") or "").strip()


def person_of(write: Write) -> tuple[str, str]:
    """(LeadId or ContactId, id). A contact wins: Salesforce keeps only the contact when both are given."""
    field = next((f for f in reversed(PEOPLE) if write.values.get(f)), "")
    return field, str(write.values.get(field) or "")


def member_of(write: Write) -> Member:
    return campaign_id(write)[:15], person_of(write)[1][:15]


def _campaigns(writes: Sequence[Write]) -> str:
    return ",".join(literal(campaign) for campaign in dict.fromkeys(map(campaign_id, writes)))


def _problem(write: Write) -> RecordError | None:
    if not CAMPAIGN_ID.fullmatch(campaign_id(write)):
        return Rejected("The rule names no Salesforce campaign.", fields=["campaign"], help=CHOOSE_ID)
    if not person_of(write)[0]:
        return NotFound("The person has neither a lead nor a contact in Salesforce yet.")
    return None


def _plan(write: Write, member: Record | None, statuses: Sequence[str]) -> Outcome | Write:
    if write.operation == "remove_from_campaign":
        return _removal(write, member)
    wanted = str(write.params.get("status") or "").strip()
    status = next((s for s in statuses if s.casefold() == wanted.casefold()), "")
    if wanted and not status:
        return Outcome(write.id, error=_unknown_status(wanted, statuses))
    if member is None:
        values = _values(write, status)
        return replace(write, object=OBJECT, operation="create", values=values, key=None, record_id="")
    if not status or member.get("Status") == status:
        return Outcome(write.id, str(member["Id"]), False, response={"already": True})
    return replace(write, object=OBJECT, operation="update", values={"Status": status}, record_id=str(member["Id"]))


def _removal(write: Write, member: Record | None) -> Outcome | Write:
    """Somebody who is not a member needs no removal; the outcome then names the person."""
    if member is None:
        return Outcome(write.id, person_of(write)[1], False, response={"already": True})
    return replace(write, object=OBJECT, operation="delete", values={}, record_id=str(member["Id"]))


def _values(write: Write, status: str) -> Record:
    field, person = person_of(write)
    chosen = {"Status": status} if status else {}
    return {"CampaignId": campaign_id(write), field: person, **chosen}


def _unknown_status(wanted: str, statuses: Sequence[str]) -> RecordError:
    if not statuses:
        return Rejected("The campaign is not there, or shows none of its statuses.", fields=["campaign"], help=NOT_SEEN)
    return Rejected(
        f"The campaign has no member status {wanted}.",
        fields=["Status"],
        help=f"Use one of these in the rule: {', '.join(statuses)}. Or add the status to the campaign.",
    )


def _is_already_member(write: Write, outcome: Outcome) -> bool:
    error = outcome.error
    return error is not None and write.operation == "add_to_campaign" and error.vendor_code == ALREADY_MEMBER


def is_campaign_write(write: Write) -> bool:
    return write.object == OBJECT and write.operation in OPERATIONS
