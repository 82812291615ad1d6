"""Timing of a page and of its database queries."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from django.db import connection
from django.db.backends.utils import CursorWrapper

EMPTY = "empty"
"""Name of the empty page, and its address."""


class Stopwatch:
    """Seconds spent in `with` blocks, and the number of queries."""

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seconds += time.perf_counter() - self._began


class TimedCursor(CursorWrapper):
    """Cursor that times queries and fetches: SQLite does part of its work as rows are fetched."""

    stopwatch = Stopwatch()

    def execute(self, sql: Any, params: Any = None) -> Any:
        self.stopwatch.queries += 1
        with self.stopwatch:
            return super().execute(sql, params)

    def fetchone(self) -> Any:
        with self.stopwatch:
            return self.cursor.fetchone()

    def fetchmany(self, size: int) -> Any:
        with self.stopwatch:
            return self.cursor.fetchmany(size)

    def fetchall(self) -> Any:
        with self.stopwatch:
            return self.cursor.fetchall()


@dataclass(frozen=True, order=True)
class Spent:
    """Cost of one page: ms in total, ms in the database, number of queries."""

    whole: float
    database: float
    queries: int


def timed_queries() -> AbstractContextManager[Any]:
    """Makes this thread's database connection use TimedCursor within the block."""
    return patch.object(connection, "make_cursor", lambda cursor: TimedCursor(cursor, connection))


def spent(page: Callable[[], object]) -> Spent:
    """Calls `page` within `timed_queries()`; returns its cost."""
    TimedCursor.stopwatch = stopwatch = Stopwatch()
    began = time.perf_counter()
    page()
    whole = time.perf_counter() - began
    return Spent(1_000 * whole, 1_000 * stopwatch.seconds, stopwatch.queries)


def percentile(values: list[float], percent: int) -> float:
    """Returns the nearest-rank percentile."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]
