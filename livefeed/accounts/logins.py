"""Finds the account that a sign-in names."""

from typing import Any

from allauth.account.models import EmailAddress

from livefeed.models import User


def typed_login(credentials: dict[str, Any]) -> str:
    """Returns the name or email address that was typed, as it was typed."""
    return str(credentials.get("username") or credentials.get("email") or "")


def user_for_login(credentials: dict[str, Any]) -> User | None:
    """Returns the user whose name or address was typed, or None."""
    login = typed_login(credentials)
    if "\0" in login:  # PostgreSQL rejects NUL characters, even in a comparison
        return None
    found: User | None = None
    if "@" not in login:  # user names contain no @
        found = User.objects.with_username(login).first()
    elif address := EmailAddress.objects.filter(email=login.lower()).order_by("-verified", "pk").first():
        found = address.user
    else:  # users that a command created have no EmailAddress before their first sign-in
        found = User.objects.filter(email__iexact=login).first()
    return found
