"""`manage.py demo`: a few demo users with posts."""

from typing import Any

from django.core.management.base import CommandParser

from livefeed.demo.activity import Activity, run_activity
from livefeed.demo.texts import USERS
from livefeed.demo.users import READER, create_demo, sign_in_line, taken_names
from livefeed.management.commands._demo_data import DemoDataCommand


class Command(DemoDataCommand):
    """Creates the demo users once and prints how to sign in; with --busy, lets them keep posting."""

    help = (
        "Creates the demo users and their posts at the first start and prints how to sign in. "
        f"The user {READER} is staff and superuser, to give access to /admin/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--busy", action="store_true", help="then keep posting, editing and deleting until stopped")
        parser.add_argument(
            "--pause", type=float, metavar="SECONDS", help="seconds between two acts (default: random, 2 to 5)"
        )
        parser.add_argument("--acts", type=int, metavar="N", help="stop after N acts (default: never)")

    def generate(self, *, busy: bool, pause: float | None, acts: int | None, **options: Any) -> None:
        taken = taken_names()
        is_first_run = not taken
        if is_first_run:
            create_demo()
            taken = set(USERS)
        has_demo_users = READER in taken
        if is_first_run or not busy or not has_demo_users:
            self.stdout.write(sign_in_line(taken))
        if busy and has_demo_users:
            run_activity(Activity(), acts=acts, pause=pause)
