"""`manage.py twostep`: second steps of users who have lost them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from livefeed.accounts import two_step
from livefeed.accounts.two_step import TwoStep
from livefeed.management.commands._users import find_user


class Command(BaseCommand):
    """Shows a user's second steps, or removes them."""

    help = (
        "Shows whether a user has turned on two-step sign-in. --reset turns it off, for a user who has lost the phone, "
        "the passkeys and the recovery codes: make sure that it is really this person who asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name")
        parser.add_argument("--reset", action="store_true", help="remove app, passkeys and recovery codes")

    def handle(self, *, name: str, reset: bool, **options: Any) -> None:
        user = find_user(name)
        if reset:
            removed = two_step.reset(user)
            self.stdout.write(f"Removed {removed}. {user} signs in with the password alone.")
        else:
            self._show(TwoStep.of(user))

    def _show(self, steps: TwoStep) -> None:
        self.stdout.write(f"Authenticator app: {'yes' if steps.app else 'no'}")
        self.stdout.write(f"Passkeys: {len(steps.passkeys)}")
        self.stdout.write(f"Unused recovery codes: {steps.unused_codes}")
