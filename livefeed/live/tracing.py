"""Records the path of recent changes: receivers, events and commit in the thread that writes, rounds in the hub.

Each process keeps its own records in memory. They hold times, numbers and ids, and no text. `traces` joins the records
of all processes. Recording costs less than 1 % of a post (docs/signals.md), so it is always on.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.dispatch import Signal

from livefeed.live.entries import LogEntry
from livefeed.models import Event

MAX_CHANGES = 200
"""Transactions that stay in memory."""
MAX_DELIVERIES = 1_000
"""Delivered events that stay in memory."""
MAX_RECORDS = 100
"""Calls and events that are recorded of one transaction."""


class Call(NamedTuple):
    """Call of a receiver; `started` is a moment of `time.perf_counter`. Nested calls are part of the outer ones."""

    receiver: str
    signal: Signal | None
    started: float
    seconds: float
    queries: int
    query_seconds: float


class WrittenEvent(NamedTuple):
    """Event that was written at a moment of `time.perf_counter`. The other fields identify it: its position is known
    only after the commit."""

    kind: str
    subject_id: int
    saved_at: float
    written: float


class QueryCounter:
    """Counts and times queries: for `connection.execute_wrapper`."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - started


# --- The side that writes ---


@dataclass(eq=False, slots=True)
class Change:
    """One transaction with events. Django replaces the list of on-commit hooks at the end of each transaction and at
    a rollback to a savepoint, so the list identifies the transaction."""

    hooks: list[Any] | None
    calls: list[Call] = field(default_factory=list)
    events: list[WrittenEvent] = field(default_factory=list)
    committed: float = 0.0
    """Moment of `time.perf_counter`."""

    def finish(self) -> None:
        """Called after the commit."""
        self.committed = time.perf_counter()
        self.hooks = None
        changes.append(self)


class _Current(threading.local):
    """The change that this thread is recording, or has recorded last."""

    change = Change(None)


_current = _Current()
changes: deque[Change] = deque(maxlen=MAX_CHANGES)


def record_call(connection: BaseDatabaseWrapper, call: Call) -> None:
    """Records the call of a receiver, if it belongs to a transaction or has published in autocommit mode."""
    if connection.in_atomic_block:
        change = _change_of(connection)
    elif _current.change.committed > call.started:
        change = _current.change
    else:
        return
    if len(change.calls) < MAX_RECORDS:
        change.calls.append(call)


def record_events(events: Iterable[Event]) -> None:
    """Records events that were written in the current transaction. Call it before the wakeup is registered, so that the
    time of the commit is taken before the wakeup."""
    connection = transaction.get_connection()
    change = _change_of(connection)
    is_first = not change.events
    written = time.perf_counter()
    for event in events:
        if len(change.events) < MAX_RECORDS:
            change.events.append(WrittenEvent(event.kind, event.subject_id, event.created_at.timestamp(), written))
    if is_first:
        transaction.on_commit(change.finish, robust=True)


def _change_of(connection: BaseDatabaseWrapper) -> Change:
    """Returns the change of the current transaction; begins it if there is none."""
    hooks = connection.run_on_commit
    if _current.change.hooks is not hooks or not connection.in_atomic_block:
        _current.change = Change(hooks)
    return _current.change


# --- The side that reads ---


class SlowestWrite(NamedTuple):
    """The write to a connection that took longest in a round: `view` is the name of its first view."""

    seconds: float
    kind: str
    view: str
    user_id: int


@dataclass(eq=False, slots=True)
class Round:
    """One round of a hub. `moments` of `time.perf_counter`: the start, and the ends of reading the log, of rendering,
    of dispatching and of writing."""

    moments: list[float] = field(default_factory=lambda: [time.perf_counter()])
    sockets: int = 0
    """Connections that were written to."""
    skipped: int = 0
    """Connections that receive the events by a replay, because they are slow or join."""
    slowest: SlowestWrite | None = None

    def mark(self) -> None:
        """Ends the current stage."""
        self.moments.append(time.perf_counter())


deliveries: deque[tuple[LogEntry, Round]] = deque(maxlen=MAX_DELIVERIES)


def record_round(entries: list[LogEntry], completed: Round) -> None:
    """Records a round that has delivered `entries`."""
    deliveries.extend((entry, completed) for entry in entries[-MAX_DELIVERIES:])
