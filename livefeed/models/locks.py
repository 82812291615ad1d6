"""Who waits for whom: whatever writes ties or posts may do so beside others like it; the deletion of a person has the
place to itself.

A deletion locks what others lock too, in the order in which the cascade comes by it, which none of them could follow:
of sixteen people who followed, liked and replied while eight of them were deleted, two or three were refused as
deadlocked each time. SQLite has one writer and needs none of it.
"""

from django.db import connection

_PERSONS = 5_107_031
"""The number of PostgreSQL's advisory lock; the commit order has another (migration 0002)."""


def shared_lock() -> None:
    """Waits until nobody is being deleted; from now to the end of this transaction nobody will be. Called first in a
    transaction, before anything is locked."""
    _lock("pg_advisory_xact_lock_shared")


def exclusive_lock() -> None:
    """Waits until all that write are done; they wait for the end of this transaction."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_PERSONS])
