"""The config application."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django_q.signals import post_spawn

        from .schedules import put_back_schedules
        from .sizes import tell_sizes

        post_spawn.connect(put_back_schedules, dispatch_uid="schedules after spawn")
        post_migrate.connect(
            put_back_schedules, sender=apps.get_app_config("django_q"), dispatch_uid="schedules after migrate"
        )
        post_migrate.connect(tell_sizes, sender=apps.get_app_config("audit"), dispatch_uid="sizes after migrate")
