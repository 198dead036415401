"""Salesforce: leads, contacts, campaign members and tasks of one org."""

from ..base import Vendor
from .capabilities import CAPABILITIES
from .credentials import CREDENTIALS, OPTIONS
from .fields import identify, opted_in_at, path
from .operations import OPERATIONS
from .resources import Salesforce
from .webhooks import ACKNOWLEDGEMENT, SESSION, SalesforceWebhooks

VENDOR = Vendor(
    slug="salesforce",
    label="Salesforce",
    docs_url="https://developer.salesforce.com/docs/platform/api-rest",
    default_base_url="",  # every org has its own: My Domain
    capabilities=CAPABILITIES,
    credentials=CREDENTIALS,
    options=OPTIONS,
    operations=OPERATIONS,
    webhooks=SalesforceWebhooks(),
    connect=Salesforce,
    identify=identify,
    opted_in_at=opted_in_at,
    path=path,
    acknowledgement=ACKNOWLEDGEMENT,
    unkept=SESSION,
)
