"""`manage.py newlog`: after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand

from livefeed.models import Event


class Command(BaseCommand):
    """Begins the event log anew."""

    help = (
        "Run this after restoring a backup of the database, before serving: open pages stand at positions that the "
        "restored log will give out again. It forgets the log, moves its positions on, and every page reads anew."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        Event.objects.restart()
        self.stdout.write("The log begins anew; every open page will read anew.")
