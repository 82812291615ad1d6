"""Announcements: what is published when they are saved, start, end and are dismissed."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from livefeed.live.announcements import LiveAnnouncement
from livefeed.models import Announcement, Dismissal, Event
from livefeed.models.page_state import PageState
from tests.factories import make_announcement, make_user

pytestmark = pytest.mark.django_db


def published() -> list[str]:
    """Returns the kinds of the events so far, and deletes them."""
    kinds = list(Event.objects.filter(kind__startswith="announcement.").order_by("pk").values_list("kind", flat=True))
    Event.objects.all().delete()
    return kinds


def move(announcement: Announcement, **times: timedelta) -> None:
    """Moves start or end as if time had passed: without a save."""
    now = timezone.now()
    Announcement.objects.filter(pk=announcement.pk).update(**{name: now + delta for name, delta in times.items()})


def test_a_current_announcement_is_published_when_it_is_saved_changed_and_deleted():
    announcement = make_announcement()
    assert published() == ["announcement.created"]
    announcement.text = "Changed."
    announcement.save()
    assert published() == ["announcement.updated"]
    announcement.delete()
    assert published() == ["announcement.deleted"]


def test_bulk_deletion_is_published():
    make_announcement()
    make_announcement()
    published()
    Announcement.objects.all().delete()
    assert published() == ["announcement.deleted"] * 2


def test_an_announcement_is_published_at_its_start_and_at_its_end_once():
    announcement = make_announcement(starts_in=5)
    Announcement.objects.switch_due()
    assert published() == []

    move(announcement, starts_at=-timedelta(seconds=1))
    Announcement.objects.switch_due()
    assert published() == ["announcement.created"]
    Announcement.objects.switch_due()
    assert published() == []

    move(announcement, starts_at=-timedelta(minutes=2), ends_at=-timedelta(seconds=1))
    Announcement.objects.switch_due()
    assert published() == ["announcement.deleted"]
    Announcement.objects.switch_due()
    assert published() == []


def test_looking_for_due_announcements_is_one_query():
    make_announcement()
    make_announcement(starts_in=5)
    with CaptureQueriesContext(connection) as queries:
        Announcement.objects.switch_due()
    assert len(queries) == 1


def test_moving_the_times_of_an_announcement_shows_and_hides_it():
    announcement = make_announcement()
    published()
    now = timezone.now()
    announcement.starts_at = now + timedelta(minutes=5)
    announcement.save()
    assert published() == ["announcement.deleted"]
    announcement.starts_at = now - timedelta(minutes=5)
    announcement.save()
    assert published() == ["announcement.created"]
    announcement.ends_at = now - timedelta(minutes=1)
    announcement.save()
    assert published() == ["announcement.deleted"]


def test_a_save_of_outdated_values_hides_what_has_been_shown_meanwhile():
    outdated = make_announcement(starts_in=5)
    move(outdated, starts_at=-timedelta(seconds=1))
    Announcement.objects.switch_due()
    published()
    outdated.save()
    assert published() == ["announcement.deleted"]


def test_the_end_is_after_the_start():
    with pytest.raises(ValidationError, match="Choose an end after the start"):
        Announcement(text="Never.", starts_at=timezone.now(), ends_at=timezone.now() - timedelta(1)).full_clean()


def test_a_dismissal_is_published_once_for_its_user():
    announcement, user = make_announcement(), make_user()
    assert Dismissal.objects.add(user, announcement)
    assert not Dismissal.objects.add(user, announcement)
    event = Event.objects.get(kind="dismissal.created")
    assert event.topics == f" announcement:{announcement.pk} user:{user.pk} "
    announcement.delete()
    assert not Dismissal.objects.exists()
    assert not Event.objects.filter(kind="dismissal.deleted").exists()


@pytest.mark.django_db(transaction=True)  # PostgreSQL assigns the positions of events at the commit
def test_pages_and_sockets_show_the_same_announcements():
    current = make_announcement()
    rows = [current, make_announcement(starts_in=5), make_announcement(starts_in=-5, ends_in=-1)]
    ids = [row.pk for row in rows]
    assert [row.pk for row in LiveAnnouncement().fetch(ids)] == [current.pk]
    stamp = f"{current.pk}:{current.revision}"
    assert PageState.of(None).announcements == PageState.of(make_user()).announcements == stamp


def test_the_state_of_a_page_knows_what_its_viewer_has_dismissed():
    first, second, old = make_announcement(), make_announcement(), make_announcement()
    user, other = make_user(), make_user()
    for announcement in (first, second, old):
        Dismissal.objects.add(user, announcement)
    move(old, starts_at=-timedelta(days=41), ends_at=-timedelta(days=40))
    assert set(PageState.of(user).dismissed.split()) == {str(first.pk), str(second.pk)}
    assert PageState.of(other).dismissed == PageState.of(None).dismissed == ""


def test_the_state_of_a_page_is_empty_as_long_as_the_log_is():
    assert PageState.of(None) == PageState()
