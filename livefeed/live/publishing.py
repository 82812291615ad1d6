"""Publishes events: the only module that writes the event log and wakes its readers after the commit.

A wakeup carries no data and may be lost, because readers read the log. This module does not know the consumers: a
process with readers (see consumers/hub/hub.py) registers wakeup listeners here.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db import transaction

from livefeed.hooks import Hooks
from livefeed.live import topics as encoding
from livefeed.live import tracing
from livefeed.models import Event
from livefeed.transactions import on_commit_once

logger = logging.getLogger(__name__)

WakeupListener = Callable[[], None]
"""Called after a commit with events, in the thread that committed. Must be thread-safe and quick."""
_listeners: Hooks[[], None] = Hooks(logger, "A wakeup listener failed; its reader will read the log at the next poll.")
FEED_RESET = Event.FEED_RESET
"""Kind of event: all pages reload."""


def reset_feeds() -> None:
    """Makes every open page reload: for writes that publish nothing (raw SQL, `loaddata`). `bulk.reset_pages` does it
    for pages that share a topic."""
    publish(FEED_RESET, topics=[encoding.SITE])


def publish(
    kind: str, *, subject_id: int = 0, actor_id: int = 0, audience: str = "public", topics: Iterable[str] = ()
) -> None:
    """Writes one event in the current transaction. After its commit, wakes the listeners, once for all its events. A
    failing listener is logged and has no other effect: the event is committed, and readers also poll the log.

    `kind` must belong to a registered declaration, which also says what subject and actor are.
    """
    text = encoding.encode(topics)
    fields: dict[str, Any] = {"kind": kind, "subject_id": subject_id, "actor_id": actor_id, "audience": audience}
    if collection := _open_collection():
        collection.events.append(Event(**fields, topics=text))
        return
    tracing.record_events([Event.objects.create(**fields, topics=text)])
    on_commit_once(wake_up)


class _Collection(NamedTuple):
    """Events to be written together, and the savepoints of the transaction when the collection began."""

    events: list[Event]
    savepoints: list[str]


_collection: ContextVar[_Collection | None] = ContextVar("collection", default=None)


@contextmanager
def collected() -> Iterator[list[Event]]:
    """Collects the events that are published in the block instead of writing them. The caller passes them to `write`
    afterwards, in the same transaction."""
    collection = _Collection([], _savepoints())
    token = _collection.set(collection)
    try:
        yield collection.events
    finally:
        _collection.reset(token)


def write(events: Collection[Event]) -> None:
    """Writes events by one query, or adds them to those that are being collected."""
    if collection := _open_collection():
        collection.events.extend(events)
    elif events:
        tracing.record_events(Event.objects.bulk_create(events))
        on_commit_once(wake_up)


def _open_collection() -> _Collection | None:
    """Returns the collection to which events are added now. Those of a savepoint that began later are not, because it
    may be rolled back alone."""
    collection = _collection.get()
    return collection if collection and collection.savepoints == _savepoints() else None


def _savepoints() -> list[str]:
    """Returns the savepoints of the current transaction. Django adds None for a block without one."""
    return [savepoint for savepoint in transaction.get_connection().savepoint_ids if savepoint]


def wake_up() -> None:
    """Wakes the listeners of this process. May be called from any thread; never blocks, never raises: readers poll the
    log as well."""
    _listeners()


def add_wakeup_listener(listener: WakeupListener) -> None:
    """Calls `listener` after every commit of events in this process, until it is removed."""
    _listeners.add(listener)


def remove_wakeup_listener(listener: WakeupListener) -> None:
    _listeners.discard(listener)
