"""GetResponse: lists, their contacts, and what its callbacks and webhooks say about them."""

from ..base import Vendor
from .capabilities import CAPABILITIES
from .credentials import BASE_URL, CREDENTIALS, OAUTH, OPTIONS
from .fields import identify, opted_in_at, path
from .operations import OPERATIONS
from .resources import GetResponse
from .webhooks import GetResponseWebhooks

VENDOR = Vendor(
    slug="getresponse",
    label="GetResponse",
    docs_url="https://apidocs.getresponse.com/v3",
    default_base_url=BASE_URL,
    capabilities=CAPABILITIES,
    credentials=CREDENTIALS,
    options=OPTIONS,
    operations=OPERATIONS,
    webhooks=GetResponseWebhooks(),
    connect=GetResponse,
    identify=identify,
    opted_in_at=opted_in_at,
    path=path,
    oauth=OAUTH,
)
