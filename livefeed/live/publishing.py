"""Publishes events: the only module that writes the event log and wakes its readers after the commit.

A wakeup carries no data and may be lost, because readers read the log. This module does not know the consumers: a
process with readers (see consumers/hub/hub.py) registers wakeup listeners here.
"""

import logging
from collections.abc import Callable, Iterable

from livefeed.live import topics as encoding
from livefeed.live import tracing
from livefeed.models import Event
from livefeed.transactions import on_commit_once

logger = logging.getLogger(__name__)

WakeupListener = Callable[[], None]
"""Called after a commit with events, in the thread that committed. Must be thread-safe and quick."""
_listeners: set[WakeupListener] = set()
FEED_RESET = Event.FEED_RESET
"""Kind of event: all pages reload."""


def reset_feeds() -> None:
    """Makes every open page reload: for writes that send no signals (raw SQL, loaddata)."""
    publish(FEED_RESET, topics=[encoding.SITE])


def publish(
    kind: str, *, subject_id: int = 0, actor_id: int = 0, audience: str = "public", topics: Iterable[str] = ()
) -> None:
    """Writes one event in the current transaction. After its commit, wakes the listeners, once for all its events. A
    failing listener is logged and has no other effect: the event is committed, and readers also poll the log.

    `kind` must belong to a registered declaration, which also says what subject and actor are.
    """
    event = Event.objects.create(
        kind=kind, subject_id=subject_id, actor_id=actor_id, audience=audience, topics=encoding.encode(topics)
    )
    tracing.record_events([event])
    on_commit_once(wake_up)


def wake_up() -> None:
    """Wakes the listeners of this process. May be called from any thread; never blocks, never raises: readers poll the
    log as well."""
    for listener in tuple(_listeners):
        try:
            listener()
        except Exception:
            logger.exception("A wakeup listener failed; its reader will read the log at the next poll.")


def add_wakeup_listener(listener: WakeupListener) -> None:
    """Calls `listener` after every commit of events in this process, until it is removed."""
    _listeners.add(listener)


def remove_wakeup_listener(listener: WakeupListener) -> None:
    _listeners.discard(listener)
