"""What the commands that invent people share."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class InventedCommand(BaseCommand):
    """Runs `invent()`, but only with DEBUG or --force: invented people do not belong among real ones."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="run although DEBUG is off")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if not (settings.DEBUG or force):
            raise CommandError("This invents people, with a known password. It runs only with DEBUG or with --force.")
        self.invent(**options)

    def invent(self, *args: Any, **options: Any) -> None:
        raise NotImplementedError
