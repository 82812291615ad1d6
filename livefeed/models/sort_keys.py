"""Where a post stands in a feed, as text: greater is newer."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def made(moment: datetime, pk: int) -> str:
    """The sort key of a post made at `moment`."""
    passed = moment - EPOCH  # whole microseconds; exact, unlike `timestamp()`
    micros = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return f"{micros:017d}-{pk:012d}"


def parsed(sort_key: str) -> tuple[datetime, int]:
    """The moment and the id that a sort key was made of. Raises `ValueError` if it is none."""
    if not re.fullmatch(r"[0-9]{17}-[0-9]{12,18}", sort_key):
        raise ValueError(f"{sort_key!r} is no sort key")
    micros, _, pk = sort_key.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(micros)), int(pk)
    except OverflowError:
        raise ValueError(f"{micros} is no time") from None
