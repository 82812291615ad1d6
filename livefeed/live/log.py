"""Reads the event log, in the order of positions. The functions query the database; call them in a thread."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from livefeed.live.declarations import reset_kinds
from livefeed.live.entries import COLUMNS, LogEntry, log_entries
from livefeed.live.topics import Topics, topic
from livefeed.models import Event
from livefeed.models.compiled import compiled

READ_LIMIT = 500
"""Events that one read returns at most."""
HISTORY_LIMIT = 200
"""Events that one read of the history returns at most."""
SCAN_LIMIT = 5_000
"""Events that one read of the history examines at most, on SQLite, which has no index of topics: 3 ms."""


class History(NamedTuple):
    """Events of the history, and the position up to which all have been read."""

    entries: list[LogEntry]
    read_upto: int


@dataclass(frozen=True)
class Interest:
    """The events that a reader receives: those with one of the topics, or with one of the topics `name:id` of many ids,
    by name. The ids are those of the actors of these events."""

    topics: Topics
    actors: Mapping[str, Collection[int]] = field(default_factory=dict)


def head() -> int:
    """Returns the position of the newest event, 0 in an empty log. A page reads it *before* its data."""
    position: int = Event.objects.head()
    return position


def bounds() -> tuple[int, int]:
    """Returns the positions of the oldest and the newest event; (1, 0) in an empty log."""
    oldest_and_newest: tuple[int, int] = Event.objects.bounds()
    return oldest_and_newest


def latest(count: int) -> list[LogEntry]:
    """Returns the newest `count` events, oldest first."""
    return log_entries(Event.objects.order_by("-position").values_list(*COLUMNS)[:count])[::-1]


def read_after(position: int) -> list[LogEntry]:
    """Returns the events after `position`, at most READ_LIMIT."""
    return log_entries(_rows_after(position))


@compiled
def _rows_after(position: int) -> Any:
    """The next events of the log."""
    return Event.objects.after(position).values_list(*COLUMNS)[:READ_LIMIT]


def read_history(position: int, upto: int, interest: Interest) -> History:
    """Returns the first events after `position` up to `upto` that may concern a reader, at most HISTORY_LIMIT."""
    where: Q | RawSQL
    if connection.vendor == "sqlite":
        upto = min(upto, position + SCAN_LIMIT)
        where = _scan_for(interest)
    else:
        where = _look_up(interest)
    found = Event.objects.after(position).filter(where, position__lte=upto).values_list(*COLUMNS)
    entries = log_entries(found[:HISTORY_LIMIT])
    return History(entries, entries[-1].position if len(entries) == HISTORY_LIMIT else upto)


def _scan_for(interest: Interest) -> Q:
    """Returns a condition that SQLite checks for each event."""
    where = Q(kind__in=reset_kinds)
    for each in interest.topics:
        where |= Q(topics__contains=f" {each} ")
    for name, actor_ids in interest.actors.items():
        where |= Q(topics__contains=f" {name}:", actor_id__in=actor_ids)
    return where


def _look_up(interest: Interest) -> RawSQL:
    """Returns a condition that PostgreSQL finds in its index of topics (migration 0025)."""
    of_actors = (topic(name, actor_id) for name, actor_ids in interest.actors.items() for actor_id in actor_ids)
    topics = [*interest.topics, *of_actors]
    return RawSQL("string_to_array(topics, ' ') && %s", [topics], output_field=BooleanField())
