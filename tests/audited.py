"""A user for the tests of the audit log."""

from livefeed.models import AuditEntry, User
from tests.factories import make_user


def make_mara() -> User:
    """Returns the user Mara, read from the database and without audit entries."""
    user = make_user("mara", name="Mara")
    AuditEntry.objects.all().delete()
    return User.objects.get(pk=user.pk)
