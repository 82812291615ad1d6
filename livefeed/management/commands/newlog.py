"""`manage.py newlog`: resets the event log after a backup has been restored."""

from typing import Any

from django.core.management.base import BaseCommand

from livefeed.models import Event


class Command(BaseCommand):
    """Resets the event log."""

    help = (
        "Run this after restoring a backup of the database, before serving: open pages hold positions that the "
        "restored log would assign again. It empties the log, moves its positions on, and makes every page reload."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        Event.objects.restart()
        self.stdout.write("The event log is reset; every open page will reload.")
