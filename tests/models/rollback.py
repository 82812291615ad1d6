"""One hypothesis example leaves nothing behind for the next, which runs inside the same test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from hypothesis import HealthCheck, settings

examples = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # `rolled_back` gives each example its own beginning
)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undoes what the block wrote, whether it failed or not."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
