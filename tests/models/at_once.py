"""Several writers at the same moment, each with a database connection of its own; needs `transactional_db`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

WRITERS = 8


def at_once[T](work: Callable[[], T], writers: int = WRITERS) -> list[T]:
    """What `work` returns to each of `writers` threads that begin together."""
    barrier = Barrier(writers, timeout=10)

    def run(_: int) -> T:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(run, range(writers)))
