"""Threads in which sockets and the hub read the database.

The thread that Django's requests share may be busy with log-ins, and the event loop must never wait. A thread keeps its
connection from one read to the next.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from consumers import metrics


class DatabaseThreads:
    """A few threads that only read."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run[T](self, read: Callable[[], T]) -> T:
        """Calls `read` in one of the threads. A connection that failed is closed and the reading tried once more on a
        new one: the database may have been restarted since. Raises what the second try raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _read_twice, read)

    def close(self) -> None:
        """Ends a single thread and its connection."""
        self._pool.submit(lambda: connection.close())  # looked up there: each thread has a connection of its own
        self._pool.shutdown(wait=True)


def _read_twice[T](read: Callable[[], T]) -> T:
    with connection.execute_wrapper(_count):
        try:
            return read()
        except (InterfaceError, OperationalError):
            connection.close()
            return read()


def _count(execute: Callable[..., Any], *query: Any) -> Any:
    metrics.queries.inc()
    return execute(*query)
