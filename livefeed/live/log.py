"""Reads the event log, in the order of positions. The functions query the database; call them in a thread."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from livefeed.live.declarations import coalesced_kinds, reset_kinds
from livefeed.live.entries import COLUMNS, LogEntry, log_entries
from livefeed.live.readers import View
from livefeed.models import Event
from livefeed.models.compiled import compiled

READ_LIMIT = 500
"""Events that one read returns at most."""
Filter = Q
"""A condition on events, made by `history_filter`."""


def head() -> int:
    """Returns the position of the newest event, 0 in an empty log. A page reads it *before* its data."""
    return Event.objects.head()


def bounds() -> tuple[int, int]:
    """Returns the positions of the oldest and the newest event; (1, 0) in an empty log."""
    return Event.objects.bounds()


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


def read_history(position: int, upto: int, where: Filter, count: int) -> list[LogEntry]:
    """Returns the first `count` events after `position` up to `upto` that match `where`."""
    events = Event.objects.after(position).filter(where, position__lte=upto)
    return log_entries(events.values_list(*COLUMNS)[:count])


def history_filter(views: Collection[View], user_id: int, followed: Collection[int]) -> Filter:
    """Returns a condition that holds for all events that concern a reader, and for some others.

    `user_id` is 0 for a visitor. It repeats in SQL what the index of connections does in memory.
    """
    where = Q(kind__in=reset_kinds)
    if user_id:
        where |= Q(actor_id=user_id) | Q(topics__contains=f" user:{user_id} ")
        where |= Q(kind__in=coalesced_kinds, subject_id__gt=0, actor_id__in=followed)
    for view in views:
        if view.kind == "home":
            where |= Q(actor_id__in=[user_id, *followed])
        for topic in view.topics:
            where |= Q(topics__contains=f" {topic} ")
    return where
