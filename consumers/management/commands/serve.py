"""`manage.py serve`: runs the server."""

import argparse
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import autoreload

from consumers.server.supervisor import Supervisor, this_program
from consumers.server.task_process import TaskProcess


class Command(BaseCommand):
    """Serves Livefeed in one worker process or several."""

    help = (
        "Serves Livefeed. SIGTERM shuts it down gracefully: /readyz answers 503 at once, sockets are closed over "
        "LIVEFEED_GRACE_SECONDS, and running requests finish."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port (default: PORT, %(default)s)")
        parser.add_argument(
            "--workers", type=int, default=1, metavar="N", help="worker processes (default: %(default)s)"
        )
        parser.add_argument(
            "--no-tasks", action="store_true", help="do not run the task worker; `manage.py worker` runs elsewhere"
        )
        parser.add_argument("--reload", action="store_true", help="restart when the code changes")
        parser.add_argument("--shared", action="store_true", help=argparse.SUPPRESS)

    def handle(
        self, *, host: str, port: int, workers: int, no_tasks: bool, reload: bool, shared: bool, **options: Any
    ) -> None:
        if workers < 1 or (workers > 1 and reload):
            raise CommandError("Give at least one worker, and only one with --reload.")
        try:
            if workers > 1:
                self._serve_with_workers(host, port, workers, tasks=not no_tasks)
            elif reload:
                autoreload.run_with_reloader(self._serve, host, port, tasks=not no_tasks)
            else:
                self._serve(host, port, shared=shared, tasks=not (no_tasks or shared))
        except OSError as error:
            message = f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another --port."
            raise CommandError(message) from None

    def _serve(self, host: str, port: int, *, tasks: bool, shared: bool = False) -> None:
        from asgi import application
        from consumers.server.server import serve

        def announce_unless_shared() -> None:
            if not shared:
                self._announce(host, port)

        with TaskProcess(this_program("worker", "--beside")) if tasks else nullcontext():
            serve(application, host, port, shared=shared, on_ready=announce_unless_shared)

    def _serve_with_workers(self, host: str, port: int, count: int, *, tasks: bool) -> None:
        from consumers.server.server import listen

        if not settings.REDIS_URL:
            raise CommandError("Several workers notify each other through Redis: set REDIS_URL.")
        listen(host, port).close()  # raises if the port is taken; the workers' shared sockets would not
        self._announce(host, port)
        server = this_program("serve", "--host", host, "--port", str(port), "--shared")
        commands = {str(number): server for number in range(1, count + 1)}
        Supervisor(commands | ({"tasks": this_program("worker")} if tasks else {})).run()

    def _announce(self, host: str, port: int) -> None:
        self.stdout.write(f"Livefeed serves http://{host}:{port} (stop it with Ctrl-C)")
