"""Base class of the commands that generate users."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class DemoDataCommand(BaseCommand):
    """Runs `generate()`, but only with DEBUG or --force: generated users do not belong on a production site."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="run although DEBUG is off")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if not (settings.DEBUG or force):
            raise CommandError("This generates users with a known password. It runs only with DEBUG or with --force.")
        self.generate(**options)

    def generate(self, *args: Any, **options: Any) -> None:
        raise NotImplementedError
