"""Responder Live (רב מסר): lists, subscribers, what its webhooks say, and messages that another tool passes on."""

from ..base import Vendor
from .capabilities import CAPABILITIES
from .credentials import BASE_URL, CREDENTIALS, OPTIONS
from .fields import identify, opted_in_at, path
from .operations import OPERATIONS
from .resources import Responder
from .webhooks import ResponderWebhooks

VENDOR = Vendor(
    slug="responder",
    label="Responder Live (רב מסר)",
    docs_url="https://app.swaggerhub.com/apis/Responder/responder/V2.0",
    default_base_url=BASE_URL,
    capabilities=CAPABILITIES,
    credentials=CREDENTIALS,
    options=OPTIONS,
    operations=OPERATIONS,
    webhooks=ResponderWebhooks(),
    connect=Responder,
    identify=identify,
    opted_in_at=opted_in_at,
    path=path,
)
