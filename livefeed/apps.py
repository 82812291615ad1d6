"""Configuration of the Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LivefeedConfig(AppConfig):
    """Connects the receivers, and registers the system checks and the limit of codes."""

    name = "livefeed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from livefeed import checks
        from livefeed.accounts import two_step
        from livefeed.live import writing  # noqa: F401  # no receiver imports this declaration
        from livefeed.signals import receivers

        autodiscover_modules("live")  # the declarations of installed apps
        receivers.connect()
        checks.register()
        two_step.limit_codes()
