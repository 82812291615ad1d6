"""Pruning of the event log: from its start, never the newest event."""

from datetime import timedelta

import pytest
from django.utils import timezone

from livefeed.models import Event
from livefeed.models.event import EVENT_RETENTION

pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)


def write(*ages: timedelta) -> list[int]:
    """Writes an event of each age, in this order. Returns their positions."""
    return [_write(age) for age in ages]


def _write(age: timedelta) -> int:
    event = Event.objects.create(kind="post.created")
    Event.objects.filter(pk=event.pk).update(created_at=timezone.now() - age)
    event.refresh_from_db()
    assert event.position is not None
    return event.position


def left() -> list[int]:
    return [event.position or 0 for event in Event.objects.after(0)]


def test_events_older_than_a_week_are_deleted():
    positions = write(9 * DAY, 8 * DAY, 6 * DAY, DAY)
    assert EVENT_RETENTION == 7 * DAY
    assert Event.objects.prune() == 2
    assert left() == positions[2:]
    assert Event.objects.bounds() == (positions[2], positions[3])


def test_the_retention_can_be_given():
    positions = write(9 * DAY, 8 * DAY, 6 * DAY, DAY)
    assert Event.objects.prune(timedelta(hours=36)) == 3
    assert left() == positions[3:]


def test_the_newest_event_stays_at_any_age():
    positions = write(30 * DAY, 20 * DAY, 10 * DAY)
    assert Event.objects.prune() == 2
    assert left() == positions[2:]
    assert Event.objects.prune() == 0
    assert Event.objects.head() == positions[2]


def test_an_empty_log_and_recent_events_stay_unchanged():
    assert Event.objects.prune() == 0
    positions = write(DAY, timedelta())
    assert Event.objects.prune() == 0
    assert left() == positions


def test_only_the_start_of_the_log_is_deleted_if_clocks_disagree():
    """An old event after a newer one stays: a gap in the middle would be undetectable."""
    positions = write(9 * DAY, DAY, 9 * DAY, timedelta(), 9 * DAY)
    assert Event.objects.prune() == 1
    assert left() == positions[1:]


def test_positions_continue_after_pruning():
    newest = write(9 * DAY, 8 * DAY)[-1]
    Event.objects.prune()
    assert write(timedelta())[0] > newest
