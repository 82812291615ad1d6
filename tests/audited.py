"""Somebody whose account is looked after, for the tests of the audit log."""

from livefeed.models import AuditEntry, User
from tests.factories import make_user


def make_mara() -> User:
    """Mara, as the database has her, of whom nothing is noted yet."""
    user = make_user("mara", name="Mara")
    AuditEntry.objects.all().delete()
    return User.objects.get(pk=user.pk)
