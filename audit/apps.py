"""The audit application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .guards import after_migrate, before_migrate

        pre_migrate.connect(before_migrate, sender=self, dispatch_uid="audit.guards")
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="audit.guards")
