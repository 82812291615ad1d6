"""Accounts that can sign in at once."""

from collections.abc import Sequence

from allauth.account.models import EmailAddress
from django.db import transaction

from livefeed.models import User


def add_accounts(people: Sequence[User]) -> None:
    """Saves new people, their mail addresses confirmed."""
    with transaction.atomic():
        User.objects.bulk_create(people)
        EmailAddress.objects.bulk_create(
            EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people
        )
