"""The event log: the database assigns positions in commit order."""

from threading import Event as Flag
from threading import Thread

import pytest
from django.db import connection, transaction

from livefeed.live import publishing
from livefeed.models import Event
from tests.models.at_once import WRITERS, at_once

TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'livefeed_event'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'livefeed_event'::regclass"
    " AND tgdeferrable AND tginitdeferred AND tgenabled = 'O' AND tgname = 'livefeed_event_position'",
}


def write(subject_id: int = 0) -> Event:
    """Writes an event. Returns it as stored after the commit."""
    event = Event.objects.create(kind="post.created", subject_id=subject_id)
    event.refresh_from_db()
    return event


def position_of(event: Event) -> int:
    assert event.position is not None
    return event.position


def test_the_trigger_that_assigns_positions_exists_after_all_migrations(db):
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        assert cursor.fetchall() == [("livefeed_event_position",)]


def test_every_committed_event_has_a_greater_position_than_the_previous(transactional_db):
    positions = [position_of(write()) for _ in range(5)]

    assert positions == sorted(set(positions))


def test_events_of_one_transaction_are_in_the_order_of_writing(transactional_db):
    with transaction.atomic():
        for subject_id in (3, 1, 2):
            Event.objects.create(kind="post.created", subject_id=subject_id)

    assert [event.subject_id for event in Event.objects.after(0)] == [3, 1, 2]


def test_events_created_in_bulk_have_positions(transactional_db):
    Event.objects.bulk_create(Event(kind="post.created", subject_id=number) for number in range(3))

    assert [event.subject_id for event in Event.objects.after(0)] == [0, 1, 2]


def test_events_of_eight_concurrent_writers_have_distinct_positions(transactional_db):
    def work() -> None:
        for _ in range(5):
            publishing.reset_feeds()

    at_once(work)

    positions = [position_of(event) for event in Event.objects.all()]
    assert len(set(positions)) == 5 * WRITERS


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_positions_are_in_the_order_of_commits_not_of_writes(transactional_db):
    written = Flag()
    committed = Flag()

    def slow() -> None:
        with transaction.atomic():
            Event.objects.create(kind="post.created", subject_id=1)
            written.set()
            committed.wait(10)
        connection.close()

    slower = Thread(target=slow)
    slower.start()
    written.wait(10)
    write(subject_id=2)
    committed.set()
    slower.join(10)

    assert [event.subject_id for event in Event.objects.after(0)] == [2, 1]


def test_a_position_is_never_assigned_again(transactional_db):
    newest = position_of(write())
    Event.objects.all().delete()

    assert position_of(write()) > newest


def test_an_empty_log_has_head_0_and_no_events(db):
    assert Event.objects.head() == 0
    assert Event.objects.bounds() == (1, 0)
    assert list(Event.objects.after(0)) == []


def test_head_is_the_newest_position_and_bounds_are_the_oldest_and_newest(transactional_db):
    oldest, second, newest = (position_of(write()) for _ in range(3))
    assert Event.objects.head() == newest
    assert Event.objects.bounds() == (oldest, newest)

    Event.objects.filter(position=oldest).delete()
    assert Event.objects.bounds() == (second, newest)


def test_events_after_a_position_are_in_order(transactional_db):
    first, second, third = (write() for _ in range(3))

    assert list(Event.objects.after(position_of(first))) == [second, third]
    assert list(Event.objects.after(position_of(third))) == []


@pytest.mark.parametrize("name", ["list:my list", "list:7\n", ""])
def test_a_topic_that_would_be_read_as_others_is_refused(db, name):
    with pytest.raises(ValueError, match="must not contain blanks"):
        publishing.publish("post.created", topics=["posts", name])
    assert not Event.objects.exists()
