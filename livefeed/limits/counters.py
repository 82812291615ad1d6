"""Counters of rate limits, shared by all processes and independent of Redis.

A counter is one number: the time at which it will be empty again. An action is allowed if adding its interval does not
move that time further than one period into the future ("generic cell rate algorithm"). So each action costs one
statement, which reads, decides and writes atomically.

PostgreSQL keeps the counters in a table that is not logged, so that its commits wait for no disk. SQLite has a single
writer: counters in the site's own database would make every search wait for it and for the disk. They have a file of
their own next to it.
"""

import logging
import sqlite3
import time
from threading import Lock
from typing import Any

from django.db import connection

from livefeed.limits.table import Rate

logger = logging.getLogger(__name__)

ALLOW = """
    INSERT INTO livefeed_rate (key, empty_at) VALUES ({value}, {value})
    ON CONFLICT (key) DO UPDATE SET empty_at = {greatest}(livefeed_rate.empty_at, {value}) + {value}
    WHERE {greatest}(livefeed_rate.empty_at, {value}) + {value} <= {value}
    RETURNING empty_at
"""
EMPTY_AT = "SELECT empty_at FROM livefeed_rate WHERE key = {value}"
PRUNE = "DELETE FROM livefeed_rate WHERE empty_at < {value}"
SQLITE_TABLE = "CREATE TABLE IF NOT EXISTS livefeed_rate (key TEXT PRIMARY KEY, empty_at REAL NOT NULL) WITHOUT ROWID"
LOCK_TIMEOUT = 1.0
"""Seconds for which a process waits for another one to write to the file."""
MAX_REFUSED = 10_000
"""Keys remembered as refused by one process."""

_refused_until: dict[str, float] = {}
"""Keys refused by this process, with the Unix time from which they are counted again: the refused requests of a flood
execute no statements, and do not count for their network address."""
_file_lock = Lock()
_files: dict[str, sqlite3.Connection] = {}
"""The open file of counters, by path."""


def count(key: str, rate: Rate) -> float:
    """Counts one action under `key`. Returns 0 if it is allowed, else the seconds until the next one is."""
    now = time.time()
    wait = _refused_until.get(key, 0.0) - now
    if wait > 0:
        return wait
    wait = _count(key, rate, now)
    _remember(key, now + wait)
    return wait


def prune(moment: float) -> None:
    """Deletes counters that are empty at `moment` (Unix seconds): their keys contain network addresses."""
    _execute(PRUNE, moment)
    for key, until in list(_refused_until.items()):
        if until < moment:
            _refused_until.pop(key, None)


def _count(key: str, rate: Rate, now: float) -> float:
    earliest = now + rate.interval
    if _execute(ALLOW, key, earliest, now, rate.interval, now, rate.interval, now + rate.period):
        return 0.0
    return _seconds_until_allowed(key, rate, now)


def _remember(key: str, until: float) -> None:
    """Remembers a key that is refused until a time, or forgets one that is allowed now."""
    _refused_until.pop(key, None)
    if until > time.time():
        if len(_refused_until) >= MAX_REFUSED:
            _refused_until.clear()
        _refused_until[key] = until


def _seconds_until_allowed(key: str, rate: Rate, now: float) -> float:
    rows = _execute(EMPTY_AT, key)
    return max(0.0, rows[0][0] + rate.interval - rate.period - now) if rows else 0.0


def _execute(statement: str, *values: Any) -> list[Any]:
    """Runs a statement and returns its rows."""
    if connection.vendor == "sqlite":
        return _execute_in_file(statement.format(value="?", greatest="MAX"), values)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(value="%s", greatest="GREATEST"), values)
        return cursor.fetchall() if cursor.description else []


def _execute_in_file(statement: str, values: tuple[Any, ...]) -> list[Any]:
    """Runs a statement in the file of counters. If the file cannot be used, logs that and returns no rows: nothing is
    limited then."""
    try:
        with _file_lock:
            return _counter_file().execute(statement, values).fetchall()
    except sqlite3.Error:
        logger.exception("The counters of rate limits cannot be used.")
        return []


def _counter_file() -> sqlite3.Connection:
    """Returns this process's connection to the file of counters, opened with the first action. The caller holds the
    lock."""
    path = _counter_path()
    if path not in _files:
        file = sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=NORMAL")
        file.execute(SQLITE_TABLE)
        _files[path] = file
    return _files[path]


def _counter_path() -> str:
    return f"{connection.settings_dict['NAME']}-limits"
