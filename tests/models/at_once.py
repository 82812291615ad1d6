"""Concurrent writers, each in a thread with its own database connection. Tests need `transactional_db`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

WRITERS = 8


def at_once[T](work: Callable[[], T], writers: int = WRITERS) -> list[T]:
    """Calls `work` in `writers` threads that start together. Returns the results."""
    barrier = Barrier(writers, timeout=10)

    def run(_: int) -> T:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(run, range(writers)))
