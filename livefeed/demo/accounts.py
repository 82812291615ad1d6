"""Accounts that can sign in at once."""

from collections.abc import Sequence

from allauth.account.models import EmailAddress
from django.db import transaction

from livefeed.models import User


def create_accounts(users: Sequence[User]) -> None:
    """Saves new users, each with a confirmed email address."""
    with transaction.atomic():
        User.objects.bulk_create(users)
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
        )
