"""`manage.py seed`: many users, follows and posts."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from livefeed.demo.bulk import Crowd, seed
from livefeed.management.commands._demo_data import DemoDataCommand


class Command(DemoDataCommand):
    """Validates the amounts and creates the rows."""

    help = (
        "Creates the users user1 ... userN, who follow each other, and posts by them, in bulk. Existing users are "
        "kept: each run adds missing users and follows, and all of the posts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--users", type=int, default=100, metavar="N", help="users (default: %(default)s)")
        parser.add_argument(
            "--follows", type=int, default=10, metavar="N", help="users that each follows (default: %(default)s)"
        )
        parser.add_argument("--posts", type=int, default=1000, metavar="N", help="posts in all (default: %(default)s)")
        parser.add_argument(
            "--password", default="livefeed-demo", metavar="P", help="password of new users (default: %(default)s)"
        )

    def generate(self, *, users: int, follows: int, posts: int, password: str, verbosity: int, **options: Any) -> None:
        if users < 1 or follows < 0 or posts < 0:
            raise CommandError("Give at least one user, and no negative numbers.")
        if follows >= users:
            raise CommandError(
                f"No user can follow {follows} others among {users}: give fewer --follows or more --users."
            )
        seed(Crowd(users, follows, posts), password, quiet=verbosity == 0)
