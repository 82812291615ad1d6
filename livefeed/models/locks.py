"""PostgreSQL's advisory lock for deletions of users. Writes of relations and posts share it; a deletion holds it alone.

A deletion locks rows in the order in which the cascade finds them, which other writers cannot follow: when eight of
sixteen users who followed, liked and replied were deleted meanwhile, two or three writers failed with a deadlock each
time. SQLite has a single writer and needs no lock.
"""

from django.db import connection

_USER_DELETION = 5_107_031
"""Key of the advisory lock. The commit order of events has its own (migration 0002)."""


def shared_lock() -> None:
    """Waits until no user is being deleted, and prevents deletions until the end of the transaction. Must be the first
    lock that a transaction acquires."""
    _acquire("pg_advisory_xact_lock_shared")


def exclusive_lock() -> None:
    """Waits for all holders of the shared lock, and blocks new ones until the end of the transaction."""
    _acquire("pg_advisory_xact_lock")


def _acquire(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_USER_DELETION])
