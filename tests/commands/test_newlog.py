"""`manage.py newlog`: after a backup was restored."""

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
    """A site that other tests share stands somewhere: what they write must stand behind it."""
    before = last_position()
    yield
    set_last_position(max(before, last_position()))


def last_position() -> int:
    """The last position that was given out, 0 if there was none yet."""
    last = {
        "sqlite": "SELECT max(seq) FROM sqlite_sequence WHERE name = 'livefeed_event'",
        "postgresql": "SELECT last_value FROM livefeed_event_position",
    }
    with connection.cursor() as cursor:
        cursor.execute(last[connection.vendor])
        return cursor.fetchone()[0] or 0


def set_last_position(position: int | None) -> None:
    """Lets positions go on after this one; None: as if none had been given out yet."""
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
    """Where so many new events stand."""
    before = Event.objects.head()
    for _ in range(number):
        publishing.reset_feeds()
    return [event.position or 0 for event in Event.objects.after(before)]


@async_to_sync
async def held(*cursors: int) -> list[bool]:
    """Which cursors a server that starts now goes on from."""
    log = EventLog()
    await log.open()
    try:
        return [await log.holds(cursor) for cursor in cursors]
    finally:
        log.close()


def test_it_says_what_it_did():
    positions(1)
    assert newlog() == "The log begins anew; every open page will read anew.\n"


def test_no_cursor_from_before_is_held_any_more():
    old = positions(5)
    assert held(*old) == [True] * 5
    newlog()
    assert held(0, *old) == [False] * 6


def test_no_cursor_is_held_that_was_given_out_after_the_backup_was_made():
    """What was lost with the restoring had positions too."""
    lost = [position + 1_000_000 for position in positions(5)]
    newlog()
    assert held(*lost) == [False] * 5
    positions(5)
    assert held(*lost) == [False] * 5


def test_positions_go_on_beyond_the_gap_and_only_one_reset_is_left():
    newest = positions(3)[-1]
    newlog()
    (reset,) = Event.objects.all()
    assert reset.kind == Event.Kind.FEED_RESET
    assert reset.position is not None
    assert reset.position > newest + GAP - 1
    following = positions(3)
    assert following == sorted(set(following))
    assert following[0] > reset.position
    assert held(reset.position - 1, reset.position, *following) == [True] * 5


def test_told_twice_it_leaves_two_gaps():
    positions(1)
    newlog()
    between = Event.objects.head()
    newlog()
    assert Event.objects.head() > between + GAP - 1
    assert held(between) == [False]


def test_an_emptied_log_moves_on_from_the_last_position_that_was_given_out():
    newlog()
    newest = positions(3)[-1]
    Event.objects.all().delete()
    newlog()
    assert Event.objects.head() > newest
    assert held(newest) == [False]


def test_a_log_that_never_held_anything_moves_on_too():
    """A backup from before the first event, restored under pages that stand far behind it."""
    Event.objects.all().delete()
    set_last_position(None)
    newlog()
    positions(10)
    assert Event.objects.head() >= GAP
    assert held(5) == [False]
