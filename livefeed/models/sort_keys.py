"""Sort keys: positions in a list as text. Compared as text, greater is newer."""

import re
from datetime import UTC, datetime, timedelta

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(moment: datetime, pk: int) -> str:
    """Returns the sort key of a row created at `moment`."""
    elapsed = moment - EPOCH  # whole microseconds; exact, unlike `timestamp()`
    microseconds = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    return f"{microseconds:017d}-{pk:012d}"


def decode(sort_key: str) -> tuple[datetime, int]:
    """Returns the time and the id in a sort key. Raises `ValueError` if it is not a sort key."""
    if not re.fullmatch(r"[0-9]{17}-[0-9]{12,18}", sort_key):
        raise ValueError(f"{sort_key!r} is no sort key")
    microseconds, _, pk = sort_key.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), int(pk)
    except OverflowError:
        raise ValueError(f"{microseconds} is out of range") from None


# Both conditions repeat the bound on `created_at`, so that the database can use an index.


def older_than(moment: datetime, pk: int) -> Q:
    """Returns the condition for rows that follow the row `pk`, created at `moment`, in the order `(-created_at,
    -id)`."""
    return Q(Q(created_at__lt=moment) | Q(pk__lt=pk), created_at__lte=moment)


def newer_than(moment: datetime, pk: int) -> Q:
    """Returns the condition for rows that follow the row `pk`, created at `moment`, in the order `(created_at, id)`."""
    return Q(Q(created_at__gt=moment) | Q(pk__gt=pk), created_at__gte=moment)
