"""Any other tool that sends JSON or forms: Zapier, Make, n8n, a form. It tells, and nothing is ever called there."""

from ..base import Vendor
from .capabilities import CAPABILITIES
from .client import WebhookClient
from .credentials import CREDENTIALS, OPTIONS
from .fields import identify, opted_in_at, path
from .operations import OPERATIONS
from .webhooks import AnyWebhooks

VENDOR = Vendor(
    slug="webhook",
    label="Webhook",
    docs_url="https://www.standardwebhooks.com",
    default_base_url="",
    capabilities=CAPABILITIES,
    credentials=CREDENTIALS,
    options=OPTIONS,
    operations=OPERATIONS,
    webhooks=AnyWebhooks(),
    connect=WebhookClient,
    identify=identify,
    opted_in_at=opted_in_at,
    path=path,
)
