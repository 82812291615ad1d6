"""Configuration of the Django app."""

from django.apps import AppConfig


class LivefeedConfig(AppConfig):
    """Connects the receivers and registers the system checks."""

    name = "livefeed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from livefeed import checks
        from livefeed.signals import receivers

        receivers.connect()
        checks.register()
