"""`manage.py demo`: a few people to look around with."""

from typing import Any

from django.core.management.base import CommandParser

from livefeed.demo.busy import Busy, keep_busy
from livefeed.demo.people import NAMES, READER, move_in, names_taken, sign_in_line
from livefeed.management.commands._invented import InventedCommand


class Command(InventedCommand):
    """Lets the demo people move in once and says how to sign in; with --busy it lets them post."""

    help = (
        "Makes the demo people and their posts at the first start and says how to sign in. "
        f"The person {READER} is staff and superuser, so that /admin/ can be looked at."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--busy", action="store_true", help="then keep posting, editing and deleting until stopped")
        parser.add_argument(
            "--pause", type=float, metavar="SECONDS", help="between two busy acts (default: random, 2 to 5)"
        )
        parser.add_argument("--acts", type=int, metavar="N", help="stop after N busy acts (default: never)")

    def invent(self, *, busy: bool, pause: float | None, acts: int | None, **options: Any) -> None:
        taken = names_taken()
        is_first = not taken
        if is_first:
            move_in()
            taken = set(NAMES)
        if is_first or not busy or READER not in taken:
            self.stdout.write(sign_in_line(taken))
        if busy and READER in taken:
            keep_busy(Busy(), acts=acts, pause=pause)
