"""`manage.py worker`: what runs tasks."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from livefeed.tasks.worker import TaskWorker, exit_with_parent


class Command(BaseCommand):
    """Runs tasks."""

    help = (
        "Runs tasks: mail, and notifications of many. `serve` starts one by itself; with `serve --no-tasks` or plain "
        "daphne run this beside it. Several may run at once on PostgreSQL. SIGTERM lets the task that runs finish."
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
