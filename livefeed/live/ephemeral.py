"""Ephemeral events: shown on the pages that are open at this moment, and never stored.

They are not in the log and have no cursor. A page that is offline, slow or about to connect misses them, as do the
pages of other processes while the channel layer is down: use them for what is out of date after some seconds. A
declaration (see `declarations`) decides who receives them, as for other events.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self

from livefeed.hooks import Hooks
from livefeed.live import topics as encoding
from livefeed.live.declarations import PUBLIC
from livefeed.live.entries import LogEntry

logger = logging.getLogger(__name__)

MAX_FIELDS_LENGTH = 1_000
"""Characters of an event's fields as JSON."""


class EphemeralEvent(NamedTuple):
    """An event as it is sent to the hubs of all processes. `topics` are encoded, `fields` are the frame's."""

    kind: str
    subject_id: int
    actor_id: int
    audience: str
    topics: str
    fields: Mapping[str, Any]

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """Returns the event that `as_message` made a message of."""
        return cls(**message)

    def as_message(self) -> dict[str, Any]:
        """Returns the event as the channel layer carries it."""
        return self._asdict()

    @property
    def entry(self) -> LogEntry:
        """The event as declarations see it."""
        topics = encoding.decode(self.topics)
        return LogEntry(0, self.kind, self.subject_id, self.actor_id, 0.0, self.audience, topics)


Listener = Callable[[EphemeralEvent], None]
"""Called in the thread that sends an event. Must be thread-safe and quick."""
_listeners: Hooks[[EphemeralEvent], None] = Hooks(logger, "An ephemeral event was not delivered.")


def send(
    kind: str,
    *,
    topics: Iterable[str],
    fields: Mapping[str, Any],
    subject_id: int = 0,
    actor_id: int = 0,
    audience: str = PUBLIC,
) -> None:
    """Sends an event to the open pages that share a topic with it and may see it. Does not wait for the delivery, and
    does not fail if that fails.

    `kind` is also the type of the frame and must belong to a registered declaration. `fields` are what the frame
    contains: `ValueError` is raised if they are longer than MAX_FIELDS_LENGTH.
    """
    if len(json.dumps(fields)) > MAX_FIELDS_LENGTH:
        raise ValueError(f"The fields of “{kind}” are too long for an ephemeral event.")
    _listeners(EphemeralEvent(kind, subject_id, actor_id, audience, encoding.encode(topics), fields))


def add_listener(listener: Listener) -> None:
    """Calls `listener` with every event of this process, until it is removed."""
    _listeners.add(listener)


def remove_listener(listener: Listener) -> None:
    _listeners.discard(listener)
