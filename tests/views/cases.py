"""Several cases in one test, where set-up costs more than a case."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import transaction


@contextmanager
def case(name: object) -> Iterator[None]:
    """Names the case if it fails."""
    try:
        yield
    except Exception as error:
        error.add_note(f"Case: {name}")
        raise


@contextmanager
def isolated_case(name: object) -> Iterator[None]:
    """Starts without used rate limits, rolls back what the case writes, and names it if it fails."""
    cache.clear()
    with case(name), transaction.atomic():
        yield
        transaction.set_rollback(True)
