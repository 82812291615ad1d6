"""Who is told of what, once each, and who is not."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.db import transaction
from django.utils import timezone

from livefeed import follower_notifications, notifications
from livefeed.models import Event, Follow, Like, Notification, Post, User
from livefeed.models.notification import NOTIFICATION_RETENTION
from livefeed.tasks import tell_of_new_post
from tests.factories import Cast, make_post, make_user
from tests.models.at_once import at_once

Kind = Notification.Kind
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_yet(cast: Cast) -> None:
    """The follower follows the author since before anything was told."""
    Notification.objects.all().delete()
    Event.objects.all().delete()


def told(person: User) -> list[tuple[str, str, int | None]]:
    """What somebody may read, the oldest first: kind, who, which post."""
    rows = person.notifications.shown().order_by("created_at", "pk")
    return list(rows.values_list("kind", "actor__username", "post"))


def unread(person: User) -> int:
    assert Notification.objects.unread_counts([person.pk])[person.pk] == Notification.objects.unread_count(person)
    return Notification.objects.unread_count(person)


def people_rung() -> set[int]:
    """Whose pages were told that something changed."""
    return set(Event.objects.filter(kind=Event.Kind.NOTIFIED, subject_id=0).values_list("actor_id", flat=True))


def test_a_follow_tells_the_followed_once_and_is_taken_back_with_it(cast):
    for _ in range(2):
        cast.stranger.follow(cast.author)
    assert told(cast.author) == [(Kind.FOLLOWED, "stranger", None)]
    assert people_rung() == {cast.author.pk}
    cast.stranger.unfollow(cast.author)
    assert told(cast.author) == told(cast.stranger) == told(cast.follower) == []


def test_all_likes_of_a_post_are_one_notification_that_names_the_latest(cast):
    post = make_post(cast.author)
    for person in (cast.follower, cast.stranger):
        Like.objects.add(person, post)
    assert told(cast.author) == [(Kind.LIKED, "stranger", post.pk)]
    assert unread(cast.author) == 1
    assert cast.author.notifications.select_related("post").get().others == 1
    Like.objects.remove(cast.stranger, post)
    assert told(cast.author) == [(Kind.LIKED, "follower", post.pk)]
    Like.objects.remove(cast.follower, post)
    assert told(cast.author) == []


def test_a_like_after_all_was_read_is_news_and_the_end_of_one_is_not(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    notifications.mark_read(cast.author, timezone.now())
    assert unread(cast.author) == 0
    Like.objects.add(cast.stranger, post)
    assert unread(cast.author) == 1
    notifications.mark_read(cast.author, timezone.now())
    Like.objects.remove(cast.stranger, post)
    assert unread(cast.author) == 0


def test_nobody_is_told_of_what_they_do_themselves(cast):
    post = make_post(cast.author, "I am @author.")
    Like.objects.add(cast.author, post)
    make_post(cast.author, "And more.", parent=post)
    assert not Notification.objects.exists()
    assert people_rung() == set()


def test_a_reply_tells_whom_it_answers_once_although_it_names_them(cast):
    post = make_post(cast.author)
    reply = make_post(cast.follower, "@author @stranger look.", parent=post)
    assert told(cast.author) == [(Kind.REPLIED, "follower", reply.pk)]
    assert told(cast.stranger) == [(Kind.MENTIONED, "follower", reply.pk)]


def test_a_post_tells_those_it_names_however_cased_and_an_edit_those_it_names_anew(cast):
    post = make_post(cast.author, "With @STRANGER, @nobody and `@follower` in code.")
    assert told(cast.stranger) == [(Kind.MENTIONED, "author", post.pk)]
    assert told(cast.follower) == []
    post.edit(title="", body="With @stranger and @follower.", seen_version=1)
    assert len(told(cast.stranger)) == len(told(cast.follower)) == 1


def test_a_post_calls_twenty_people_at_most(cast):
    people = [make_user() for _ in range(notifications.MAX_MENTIONS + 5)]
    make_post(cast.author, " ".join(f"@{person.username}" for person in people))
    assert Notification.objects.count() == notifications.MAX_MENTIONS


def test_a_new_post_tells_those_followers_whose_bell_is_on_and_a_reply_does_not(cast):
    cast.stranger.follow(cast.author)
    assert Follow.objects.set_bell(cast.follower, cast.author, True)
    post = make_post(cast.author, title="Today")
    make_post(cast.author, "More.", parent=post)
    assert told(cast.follower) == [(Kind.POSTED, "author", post.pk)]
    assert told(cast.stranger) == []
    Follow.objects.set_bell(cast.follower, cast.author, False)
    make_post(cast.author)
    assert len(told(cast.follower)) == 1


def test_somebody_who_does_not_follow_has_no_bell(cast):
    assert not Follow.objects.set_bell(cast.stranger, cast.author, True)
    make_post(cast.author)
    assert told(cast.stranger) == []


def test_who_is_named_in_a_post_they_asked_for_is_told_once_of_the_name(cast):
    Follow.objects.set_bell(cast.follower, cast.author, True)
    post = make_post(cast.author, "Dear @follower.")
    assert told(cast.follower) == [(Kind.MENTIONED, "author", post.pk)]


def test_the_task_that_tells_many_may_run_twice_and_tells_nobody_of_what_is_gone(cast, monkeypatch):
    monkeypatch.setattr(follower_notifications, "BATCH_SIZE", 3)
    people = [make_user() for _ in range(7)]
    for person in people:
        person.follow(cast.author)
        Follow.objects.set_bell(person, cast.author, True)
    post = make_post(cast.author)
    assert tell_of_new_post.func(post.pk) == 7
    assert {len(told(person)) for person in people} == {1}
    assert Event.objects.filter(kind=Event.Kind.NOTIFIED, subject_id=post.pk).count() == 2 * 3
    post.remove()
    assert tell_of_new_post.func(post.pk) == tell_of_new_post.func(post.pk + 1) == 0


# --- Rights are checked when something is read ---


def test_what_tells_of_a_removed_post_is_not_shown_nor_counted_until_it_is_back(cast):
    post = make_post(cast.author, "@stranger")
    Event.objects.all().delete()
    post.remove()
    assert (told(cast.stranger), unread(cast.stranger)) == ([], 0)
    assert people_rung() == {cast.stranger.pk}
    Event.objects.all().delete()
    post.restore()
    assert len(told(cast.stranger)) == unread(cast.stranger) == 1
    assert people_rung() == {cast.stranger.pk}


def test_what_tells_of_a_post_goes_with_it(cast):
    post = make_post(cast.author, "@stranger")
    Like.objects.add(cast.follower, post)
    Event.objects.all().delete()
    post.delete()
    assert not Notification.objects.exists()
    assert people_rung() >= {cast.stranger.pk, cast.author.pk}


def test_many_who_were_told_of_a_post_that_goes_are_told_by_one_event(cast, monkeypatch):
    monkeypatch.setattr(notifications, "MAX_SINGLE_EVENTS", 1)
    post = make_post(cast.author, "@stranger @follower")
    Event.objects.all().delete()
    post.remove()
    told_of = Event.objects.filter(kind=Event.Kind.NOTIFIED).order_by("pk").values_list("subject_id", flat=True)
    assert list(told_of) == [0, post.pk]


def test_who_is_named_in_a_post_for_followers_is_told_only_while_they_follow(cast):
    make_post(cast.author, "@stranger @follower", audience="followers")
    assert (told(cast.stranger), unread(cast.stranger), unread(cast.follower)) == ([], 0, 1)
    cast.follower.unfollow(cast.author)
    assert (told(cast.follower), unread(cast.follower)) == ([], 0)
    cast.stranger.follow(cast.author)
    assert unread(cast.stranger) == 1


def test_a_suspended_person_is_not_heard_of(cast):
    make_post(cast.author, "@stranger")
    User.objects.filter(pk=cast.author.pk).update(is_active=False)
    assert (told(cast.stranger), unread(cast.stranger)) == ([], 0)


def test_a_persons_end_takes_along_what_they_did_and_what_they_were_told(cast):
    post = make_post(cast.author, "@stranger")
    Like.objects.add(cast.stranger, post)
    cast.author.follow(cast.stranger)
    cast.stranger.delete()
    assert not Notification.objects.exists()


# --- Read, kept, rolled back, from a fixture, all at once ---


def test_reading_marks_what_came_until_then_and_of_nobody_else(cast):
    make_post(cast.author, "@stranger @follower")
    seen = timezone.now()
    make_post(cast.author, "Again, @stranger.")
    Event.objects.all().delete()
    notifications.mark_read(cast.stranger, seen)
    assert (unread(cast.stranger), unread(cast.follower)) == (1, 1)
    assert people_rung() == {cast.stranger.pk}
    Event.objects.all().delete()
    notifications.mark_read(cast.stranger, seen)
    assert people_rung() == set()


def test_after_three_months_they_are_forgotten(cast):
    for age in (NOTIFICATION_RETENTION - timedelta(hours=1), NOTIFICATION_RETENTION + timedelta(hours=1)):
        post = make_post(cast.author, "@stranger")
        Notification.objects.filter(post=post).update(created_at=timezone.now() - age)
    assert Notification.objects.prune() == 1
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told(cast):
    with transaction.atomic():
        make_post(cast.author, "@stranger")
        cast.stranger.follow(cast.author)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert not Event.objects.exists()


def test_fixtures_tell_nobody(cast):
    rows = [
        make_post(cast.author, "@stranger"),
        Like(user=cast.stranger, post=make_post(cast.author), created_at=timezone.now()),
    ]
    text = serializers.serialize("json", rows)
    Notification.objects.all().delete()
    for row in serializers.deserialize("json", text):
        row.save()
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sixteen_likes_at_once_are_one_notification(cast):
    post, people = make_post(cast.author), iter([make_user() for _ in range(16)])
    at_once(lambda: Like.objects.add(next(people), post), 16)
    assert cast.author.notifications.select_related("post").get().others == 15
    assert Post.objects.get().likes_count == 16
