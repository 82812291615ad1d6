"""What was announced, and who was woken by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

from livefeed.live import publishing
from livefeed.models import Event


def log() -> list[tuple[str, int, int]]:
    """Every event in the order of writing: kind, subject and actor. That notifications changed is left out; what is
    told of those has tests of its own."""
    told = Event.objects.exclude(kind=Event.Kind.NOTIFIED).order_by("pk")
    return list(told.values_list("kind", "subject_id", "actor_id"))


@contextmanager
def hanging(*bells: publishing.WakeupListener) -> Iterator[None]:
    """Lets `bells` ring for as long as the block runs."""
    for bell in bells:
        publishing.add_wakeup_listener(bell)
    try:
        yield
    finally:
        for bell in bells:
            publishing.remove_wakeup_listener(bell)


@contextmanager
def listening() -> Iterator[Mock]:
    """A listener of this process, and how often it was woken."""
    bell = Mock()
    with hanging(bell):
        yield bell
