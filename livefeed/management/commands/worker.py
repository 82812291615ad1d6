"""`manage.py worker`: runs background tasks."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from livefeed.tasks.worker import TaskWorker, exit_with_parent


class Command(BaseCommand):
    """Runs background tasks until it is stopped."""

    help = (
        "Runs background tasks: mail, and notifications of many users. `serve` starts a worker itself; with "
        "`serve --no-tasks` or plain daphne, run this as well. Several workers may run at once on PostgreSQL. "
        "SIGTERM lets the running task finish."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *, beside: bool, **options: Any) -> None:
        worker = TaskWorker()
        worker.configure_signals()
        if beside:
            exit_with_parent()
        worker.run()
