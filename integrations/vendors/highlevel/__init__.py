"""HighLevel (GoHighLevel, LeadConnector): contacts, tasks, notes, tags and Do Not Disturb of one location."""

from ..base import Vendor
from .capabilities import CAPABILITIES
from .credentials import BASE_URL, CREDENTIALS, OAUTH, OPTIONS
from .fields import identify, opted_in_at, path
from .operations import OPERATIONS
from .resources import HighLevel
from .webhooks import HighLevelWebhooks

VENDOR = Vendor(
    slug="highlevel",
    label="HighLevel",
    docs_url="https://marketplace.gohighlevel.com/docs",
    default_base_url=BASE_URL,
    capabilities=CAPABILITIES,
    credentials=CREDENTIALS,
    options=OPTIONS,
    operations=OPERATIONS,
    webhooks=HighLevelWebhooks(),
    connect=HighLevel,
    identify=identify,
    opted_in_at=opted_in_at,
    path=path,
    oauth=OAUTH,
    account_option="location_id",  # one webhook URL for all locations of an app (highlevel.md §3.1)
)
