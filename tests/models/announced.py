"""Published events and wakeups, for assertions."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

from livefeed.live import publishing
from livefeed.models import Event


def log() -> list[tuple[str, int, int]]:
    """Returns all events in the order of writing, as kind, subject and actor. Excludes changes of notifications, which
    have their own tests."""
    events = Event.objects.exclude(kind="notifications.changed").order_by("pk")
    return list(events.values_list("kind", "subject_id", "actor_id"))


@contextmanager
def registered(*listeners: publishing.WakeupListener) -> Iterator[None]:
    """Registers wakeup listeners while the block runs."""
    for listener in listeners:
        publishing.add_wakeup_listener(listener)
    try:
        yield
    finally:
        for listener in listeners:
            publishing.remove_wakeup_listener(listener)


@contextmanager
def listening() -> Iterator[Mock]:
    """Registers a mock as a wakeup listener while the block runs."""
    listener = Mock()
    with registered(listener):
        yield listener
