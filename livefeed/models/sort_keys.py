"""Where a post stands in a feed, as text: greater is newer."""

import re
from datetime import UTC, datetime, timedelta

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(moment: datetime, pk: int) -> str:
    """The sort key of a post made at `moment`."""
    passed = moment - EPOCH  # whole microseconds; exact, unlike `timestamp()`
    micros = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return f"{micros:017d}-{pk:012d}"


def decode(sort_key: str) -> tuple[datetime, int]:
    """The moment and the id that a sort key was made of. Raises `ValueError` if it is none."""
    if not re.fullmatch(r"[0-9]{17}-[0-9]{12,18}", sort_key):
        raise ValueError(f"{sort_key!r} is no sort key")
    micros, _, pk = sort_key.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(micros)), int(pk)
    except OverflowError:
        raise ValueError(f"{micros} is no time") from None


def before(sort_key: str) -> Q:
    """What comes after `sort_key` in a list that is in the order `(-created_at, -id)`. Raises `ValueError` if it is
    none."""
    moment, pk = decode(sort_key)
    return Q(Q(created_at__lt=moment) | Q(pk__lt=pk), created_at__lte=moment)  # so that indexes serve


def after(sort_key: str) -> Q:
    """The same in the order `(created_at, id)`."""
    moment, pk = decode(sort_key)
    return Q(Q(created_at__gt=moment) | Q(pk__gt=pk), created_at__gte=moment)
