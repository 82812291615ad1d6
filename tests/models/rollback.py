"""Isolates Hypothesis examples, which all run inside one test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from hypothesis import HealthCheck, settings

from tests import selection

examples = settings(
    max_examples=100 if selection.FULL else 20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # `rolled_back` undoes what each example writes
)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Rolls back everything that the block writes, on success too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
