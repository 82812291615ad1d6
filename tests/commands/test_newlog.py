"""`manage.py newlog`: resets the event log after a backup has been restored."""

from collections.abc import Iterator
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection

from consumers.hub.event_log import EventLog
from livefeed.live import publishing
from livefeed.models import Event
from livefeed.models.event import GAP


@pytest.fixture(autouse=True)
def _positions_go_on(transactional_db) -> Iterator[None]:
    """Keeps positions increasing: a server that other tests share must not see lower ones."""
    before = last_position()
    yield
    set_last_position(max(before, last_position()))


def last_position() -> int:
    """Returns the last position that was assigned; 0 if there was none."""
    last = {
        "sqlite": "SELECT max(seq) FROM sqlite_sequence WHERE name = 'livefeed_event'",
        "postgresql": "SELECT last_value FROM livefeed_event_position",
    }
    with connection.cursor() as cursor:
        cursor.execute(last[connection.vendor])
        return cursor.fetchone()[0] or 0


def set_last_position(position: int | None) -> None:
    """Makes the next position follow this one; None: as if none had been assigned."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval('livefeed_event_position', %s, %s)", [position or 1, position is not None])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'livefeed_event'")
        if position is not None:
            cursor.execute("INSERT INTO sqlite_sequence VALUES ('livefeed_event', %s)", [position])


def newlog() -> str:
    out = StringIO()
    call_command("newlog", stdout=out)
    return out.getvalue()


def positions(number: int) -> list[int]:
    """Publishes so many events; returns their positions."""
    before = Event.objects.head()
    for _ in range(number):
        publishing.reset_feeds()
    return [event.position or 0 for event in Event.objects.after(before)]


@async_to_sync
async def held(*cursors: int) -> list[bool]:
    """Returns for each cursor, True if a server that starts now can resume from it."""
    log = EventLog()
    await log.open()
    try:
        return [await log.contains(cursor) for cursor in cursors]
    finally:
        log.close()


def test_it_prints_what_it_did():
    positions(1)
    assert newlog() == "The event log is reset; every open page will reload.\n"


def test_no_earlier_cursor_is_valid():
    old = positions(5)
    assert held(*old) == [True] * 5
    newlog()
    assert held(0, *old) == [False] * 6


def test_no_cursor_assigned_after_the_backup_is_valid():
    """Events that the restored backup lacks had positions too."""
    lost = [position + 1_000_000 for position in positions(5)]
    newlog()
    assert held(*lost) == [False] * 5
    positions(5)
    assert held(*lost) == [False] * 5


def test_positions_continue_after_the_gap_and_one_reset_remains():
    newest = positions(3)[-1]
    newlog()
    (reset,) = Event.objects.all()
    assert reset.kind == "feed.reset"
    assert reset.position is not None
    assert reset.position > newest + GAP - 1
    following = positions(3)
    assert following == sorted(set(following))
    assert following[0] > reset.position
    assert held(reset.position - 1, reset.position, *following) == [True] * 5


def test_running_it_twice_leaves_two_gaps():
    positions(1)
    newlog()
    between = Event.objects.head()
    newlog()
    assert Event.objects.head() > between + GAP - 1
    assert held(between) == [False]


def test_an_emptied_log_continues_after_the_last_assigned_position():
    newlog()
    newest = positions(3)[-1]
    Event.objects.all().delete()
    newlog()
    assert Event.objects.head() > newest
    assert held(newest) == [False]


def test_an_unused_log_continues_after_the_gap_too():
    """The backup is older than the first event, while open pages hold later positions."""
    Event.objects.all().delete()
    set_last_position(None)
    newlog()
    positions(10)
    assert Event.objects.head() >= GAP
    assert held(5) == [False]
