"""Users who are named on the command line."""

from django.core.management.base import CommandError

from livefeed.models import User


def find_user(name: str) -> User:
    """Returns the user with this name, which may begin with @. Raises `CommandError` if there is none."""
    user: User | None = User.objects.with_username(name.removeprefix("@")).first()
    if user is None:
        raise CommandError(f"There is no user named {name!r}.")
    return user
