"""One table that holds what was posted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Row(models.Model):
    """One body, as it came."""

    objects: models.Manager[Row] = models.Manager()
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
