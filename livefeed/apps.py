"""Configuration of the Django app."""

from django.apps import AppConfig


class LivefeedConfig(AppConfig):
    """Connects the receivers, and registers the system checks and the limit of codes."""

    name = "livefeed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from livefeed import checks
        from livefeed.accounts import two_step
        from livefeed.signals import receivers

        receivers.connect()
        checks.register()
        two_step.limit_codes()
