"""What vendors say and what we write, in the sizes of real ones; sample people, one in three with a Hebrew name."""

from __future__ import annotations

FIRST_NAMES = ("Jane", "דנה", "Omar", "Noa", "משה", "Lena", "Tom")
LAST_NAMES = ("Cohen", "van der Berg", "לוי", "Smith", "Haddad", "מזרחי", "Novak", "Brown")
TYPES = ("contact.subscribed", "contact.updated", "email.opened", "contact.subscribed", "email.clicked")
RULES = ("new-subscriber", "welcome-task", "new-subscriber", "campaign-spring", "score")
CODES = ("rejected", "not_found", "conflict", "unavailable")
OBJECTS = {"Lead": 7, "CampaignMember": 1, "Task": 2}  # of ten changes
OPERATIONS = {"upsert": 4, "update": 3, "add_to_campaign": 1, "create_task": 1, "add_note": 1}
KINDS = {"contact": 7, "campaign": 1, "task": 1, "note": 1}
CONTACT = (
    '{"contactId": "$contact", "email": "$email", "name": "$name", "createdOn": "2026-04-21T09:15:00+0000", '
    '"campaign": {"campaignId": "abc123def", "name": "Newsletter"}, "origin": "landing_page", '
    '"customFields": [{"name": "company", "value": ["Example Ltd"]}, {"name": "job_title", "value": ["VP Sales"]}, '
    '{"name": "country", "value": ["Israel"]}], "tags": [{"tagId": "t1", "name": "pricing_page_visited"}]}'
)
BODY = '{"action": "subscribe", "contact": ' + CONTACT + "}"
LEAD = (
    '{"FirstName": "$name", "LastName": "$name", "Email": "$email", "Company": "Example Ltd", "Title": "VP Sales", '
    '"LeadSource": "Email Marketing", "GetResponse_Contact_ID__c": "$contact", "Rating": "Hot", '
    '"GetResponse_Tags__c": "pricing_page_visited", "GetResponse_Subscription_Date__c": "2026-04-21T09:15:00Z"}'
)
_ENTRY = '{"before": null, "after": "%s", "from": "%s", "via": ["trim"], "synthetic": false}'
DIFF = (
    f'{{"FirstName": {_ENTRY % ("$name", "name")}, "LastName": {_ENTRY % ("$name", "name")}, '
    f'"Email": {_ENTRY % ("$email", "email")}, "Company": {_ENTRY % ("Example Ltd", "customFields.company")}, '
    f'"Title": {_ENTRY % ("VP Sales", "customFields.job_title")}}}'
)
SMALL_DIFF = f'{{"Status": {_ENTRY % ("Responded", "")}}}'
STOP = '{"HasOptedOutOfEmail": {"before": false, "after": true, "from": "opt-out", "via": [], "synthetic": false}}'
ERROR = (
    '{"code": "$code", "vendor_code": "STRING_TOO_LONG", "help": "Correct the record, then press Retry.", '
    '"message": "Salesforce refused Company: data value too large."}'
)
EVIDENCE = '{"event": "$event", "vendor_type": "unsubscribe", "list": "Newsletter"}'
EXCHANGES = (
    '[{"method": "PATCH", "url": "https://example.com/services/data/v66.0/composite/sobjects/Lead", "status": 200, '
    f'"request": "{"x" * 600}", "response": "{"y" * 400}", "seconds": 0.4}}]'
)
