"""`manage.py trace`: the path of a recent change through the running site, in milliseconds."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from livefeed.observability import trace_report


class Command(BaseCommand):
    """Asks the site that runs on this machine."""

    help = (
        "Shows the path of a recent change through the running site, in milliseconds: receivers, commit, wake-up, "
        "read, render, dispatch and sockets. Without arguments, lists recent changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="?", default="", help="text of a public post, its id, or a kind of event")
        parser.add_argument("--last", action="store_true", help="show the last change")
        parser.add_argument("--user", help="explain why this user sees or does not see what `text` names")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port of the site (default: %(default)s)")

    def handle(self, *, text: str, last: bool, user: str | None, port: int, **options: Any) -> None:
        if user is not None and not text:
            raise CommandError("Say what the user should see: manage.py trace “post 12” --user ben.")
        query = {"q": text} | ({"last": "1"} if last else {}) | ({"user": user} if user is not None else {})
        try:
            self.stdout.write(trace_report.fetch(port, query))
        except trace_report.SiteError as error:
            raise CommandError(str(error)) from None
