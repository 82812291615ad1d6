"""Threads for the database reads of sockets and the hub.

Django's shared thread may be busy with log-ins, and the event loop must never block. A thread keeps its database
connection between reads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from consumers import metrics


class DatabaseThreads:
    """A pool of `count` threads that read from the database."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run[T](self, read: Callable[[], T]) -> T:
        """Calls `read` in one of the threads.

        If the database connection fails, it is closed and `read` is tried once more on a new one: the database may have
        been restarted. Raises the error of the second try.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, _read_with_retry, read)

    def close(self) -> None:
        """Ends the thread of a single-threaded pool and its database connection."""
        # `connection` is looked up in the thread: each thread has a database connection of its own.
        self._pool.submit(lambda: connection.close())
        self._pool.shutdown(wait=True)


def _read_with_retry[T](read: Callable[[], T]) -> T:
    with connection.execute_wrapper(_count_query):
        try:
            return read()
        except (InterfaceError, OperationalError):
            connection.close()
            return read()


def _count_query(execute: Callable[..., Any], *args: Any) -> Any:
    metrics.queries.inc()
    return execute(*args)
