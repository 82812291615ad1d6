"""Events as readers of the log handle them: immutable tuples, cheaper than model instances."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from livefeed.live import topics
from livefeed.live.topics import Topics

COLUMNS = ("position", "kind", "subject_id", "actor_id", "created_at", "audience", "topics")
"""The columns of an event that are read, in the order of `LogEntry`."""


class LogEntry(NamedTuple):
    """An event as read from the log. `saved_at` is the time of writing, in seconds since 1970."""

    position: int
    kind: str
    subject_id: int
    actor_id: int
    saved_at: float
    audience: str = "public"
    topics: Topics = frozenset()


def log_entries(rows: Iterable[tuple[Any, ...]]) -> list[LogEntry]:
    """Returns rows with COLUMNS as log entries."""
    return [
        LogEntry(position or 0, kind, subject_id, actor_id, created_at.timestamp(), audience, topics.decode(text))
        for position, kind, subject_id, actor_id, created_at, audience, text in rows
    ]
