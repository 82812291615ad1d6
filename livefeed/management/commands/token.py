"""`manage.py token`: access tokens for programs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from livefeed.management.commands._users import find_user
from livefeed.models import Token, User

MAX_LABEL_LENGTH = 60
"""Characters, as in the column."""


class Command(BaseCommand):
    """Issues, lists and revokes tokens."""

    help = (
        "Issues a token with which a program opens /ws/events/ as a user. It is shown once; only its hash is "
        "stored. --list shows a user's tokens; --revoke revokes one and closes its sockets at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name of the token's owner")
        parser.add_argument("--label", default="", help="purpose of the token, up to 60 characters")
        parser.add_argument("--list", action="store_true", help="list the user's tokens")
        parser.add_argument("--revoke", type=int, metavar="ID", help="revoke the token with this id")

    def handle(self, *, name: str, label: str, list: bool, revoke: int | None, **options: Any) -> None:
        user = find_user(name)
        if list:
            self._list(user)
        elif revoke is not None:
            self._revoke(user, revoke)
        else:
            self._issue(user, label)

    def _issue(self, user: User, label: str) -> None:
        if not user.is_active:
            raise CommandError(f"{user} is suspended.")
        if len(label) > MAX_LABEL_LENGTH:
            raise CommandError(f"The label is {len(label)} characters long; {MAX_LABEL_LENGTH} are allowed.")
        token, text = Token.objects.issue(user, label)
        self.stderr.write(f"Token {token.pk} for {user}. Save it: it is not shown again.")
        self.stdout.write(text)

    def _list(self, user: User) -> None:
        for token in user.tokens.order_by("pk"):
            self.stdout.write(f"{token.pk}\t{token.created_at:%Y-%m-%d %H:%M}\t{token.label}")

    def _revoke(self, user: User, pk: int) -> None:
        token = user.tokens.filter(pk=pk).first()
        if token is None:
            raise CommandError(f"{user} has no token {pk}.")
        token.revoke()
        self.stdout.write(f"Token {pk} is revoked.")
