"""Configuration of the Django app."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LivefeedConfig(AppConfig):
    """Registers the declarations, the system checks and the limit of codes, and connects the receivers."""

    name = "livefeed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from livefeed import checks, live
        from livefeed.accounts import two_step
        from livefeed.signals import receivers

        for module in iter_modules(live.__path__):
            import_module(f"{live.__name__}.{module.name}")
        autodiscover_modules("live")  # the declarations of installed apps
        receivers.connect()
        checks.register()
        two_step.limit_codes()
