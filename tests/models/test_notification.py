"""Notifications: recipients, deduplication, visibility and events."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.db import transaction
from django.utils import timezone

from livefeed import follower_notifications, notifications
from livefeed.models import Event, Follow, Like, Notification, PastLike, Post, User
from livefeed.models.notification import NOTIFICATION_RETENTION
from livefeed.tasks import tell_of_new_post
from tests.factories import Cast, make_post, make_user
from tests.models.at_once import at_once

Kind = Notification.Kind
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_yet(cast: Cast) -> None:
    """Discards the notification and events of the follow in `cast`."""
    Notification.objects.all().delete()
    Event.objects.all().delete()


def shown_to(user: User) -> list[tuple[str, str, int | None]]:
    """Returns the visible notifications of a user, oldest first, as kind, actor and post."""
    rows = user.notifications.shown().order_by("created_at", "pk")
    return list(rows.values_list("kind", "actor__username", "post"))


def unread(user: User) -> int:
    assert Notification.objects.unread_counts([user.pk])[user.pk] == Notification.objects.unread_count(user)
    return Notification.objects.unread_count(user)


def users_with_events() -> set[int]:
    """Returns the ids of users whose open pages get an event of changed notifications."""
    return set(Event.objects.filter(kind="notifications.changed", subject_id=0).values_list("actor_id", flat=True))


def test_a_follow_notifies_the_followed_user_once_until_it_is_removed(cast):
    for _ in range(2):
        cast.stranger.follow(cast.author)
    assert shown_to(cast.author) == [(Kind.FOLLOWED, "stranger", None)]
    assert users_with_events() == {cast.author.pk}
    cast.stranger.unfollow(cast.author)
    assert shown_to(cast.author) == shown_to(cast.stranger) == shown_to(cast.follower) == []


def test_all_likes_of_a_post_are_one_notification_of_the_latest(cast):
    post = make_post(cast.author)
    for user in (cast.follower, cast.stranger):
        Like.objects.add(user, post)
    assert shown_to(cast.author) == [(Kind.LIKED, "stranger", post.pk)]
    assert unread(cast.author) == 1
    assert cast.author.notifications.select_related("post").get().others == 1
    Like.objects.remove(cast.stranger, post)
    assert shown_to(cast.author) == [(Kind.LIKED, "follower", post.pk)]
    Like.objects.remove(cast.follower, post)
    assert shown_to(cast.author) == []


def test_a_like_makes_a_read_notification_unread_and_its_removal_does_not(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    notifications.mark_read(cast.author, timezone.now())
    assert unread(cast.author) == 0
    Like.objects.add(cast.stranger, post)
    assert unread(cast.author) == 1
    notifications.mark_read(cast.author, timezone.now())
    Like.objects.remove(cast.stranger, post)
    assert unread(cast.author) == 0


# --- Repetition ---


def read_all(user: User) -> None:
    notifications.mark_read(user, timezone.now())
    assert unread(user) == 0


def like_again(cast: Cast, post: Post) -> None:
    Like.objects.remove(cast.follower, post)
    Like.objects.add(cast.follower, post)


def test_liking_again_does_not_make_a_notification_unread_again(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    sent_at = Notification.objects.get().created_at
    read_all(cast.author)
    for _ in range(2):
        like_again(cast, post)
    assert shown_to(cast.author) == [(Kind.LIKED, "follower", post.pk)]
    assert (unread(cast.author), Notification.objects.get().created_at) == (0, sent_at)


def test_liking_again_among_other_likes_does_not_either(cast):
    post = make_post(cast.author)
    for user in (cast.follower, cast.stranger):
        Like.objects.add(user, post)
    read_all(cast.author)
    like_again(cast, post)
    assert unread(cast.author) == 0
    assert shown_to(cast.author) == [(Kind.LIKED, "stranger", post.pk)]


def test_a_like_taken_back_and_given_again_before_it_was_seen_stays_unread(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    Like.objects.remove(cast.follower, post)
    read_all(cast.author)
    Like.objects.add(cast.follower, post)
    assert unread(cast.author) == 1


def test_the_first_like_of_another_user_notifies_after_one_that_was_taken_back(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    read_all(cast.author)
    Like.objects.remove(cast.follower, post)
    Like.objects.add(cast.stranger, post)
    assert shown_to(cast.author) == [(Kind.LIKED, "stranger", post.pk)]
    assert unread(cast.author) == 1


def test_a_follow_ended_and_repeated_before_it_was_seen_stays_unread(cast):
    cast.stranger.follow(cast.author)
    cast.stranger.unfollow(cast.author)
    read_all(cast.author)
    cast.stranger.follow(cast.author)
    assert unread(cast.author) == 1


def test_following_again_does_not_make_the_notification_unread_again(cast):
    cast.stranger.follow(cast.author)
    sent_at = Notification.objects.get().created_at
    read_all(cast.author)
    for _ in range(2):
        cast.stranger.unfollow(cast.author)
        assert shown_to(cast.author) == []
        cast.stranger.follow(cast.author)
    assert shown_to(cast.author) == [(Kind.FOLLOWED, "stranger", None)]
    assert (unread(cast.author), Notification.objects.get().created_at) == (0, sent_at)


def edit(post: Post, body: str) -> None:
    post.refresh_from_db()
    post.edit(title="", body=body, seen_version=post.version)


def test_an_edit_that_removes_a_mention_withdraws_its_notification(cast):
    post = make_post(cast.author, "@stranger and @follower")
    Event.objects.all().delete()
    edit(post, "@follower")
    assert (shown_to(cast.stranger), unread(cast.stranger), unread(cast.follower)) == ([], 0, 1)
    assert users_with_events() == {cast.stranger.pk}


def test_a_mention_that_is_removed_and_added_again_notifies_once(cast):
    post = make_post(cast.author, "@stranger")
    read_all(cast.stranger)
    for body in ("Nobody.", "Again @stranger.", "Nobody.", "@stranger"):
        edit(post, body)
    assert shown_to(cast.stranger) == [(Kind.MENTIONED, "author", post.pk)]
    assert unread(cast.stranger) == 0


def test_an_edit_that_keeps_a_mention_changes_no_notification(cast):
    post = make_post(cast.author, "@stranger")
    read_all(cast.stranger)
    Event.objects.all().delete()
    edit(post, "Dear @stranger.")
    assert unread(cast.stranger) == 0
    assert users_with_events() == set()


def test_the_parents_author_stays_notified_of_a_reply_that_no_longer_mentions_them(cast):
    reply = make_post(cast.follower, "@author look.", parent=make_post(cast.author))
    edit(reply, "Look.")
    assert shown_to(cast.author) == [(Kind.REPLIED, "follower", reply.pk)]


def test_all_versions_of_a_post_together_notify_at_most_twenty_mentioned_users(cast):
    users = [make_user() for _ in range(notifications.MAX_MENTIONS + 5)]
    post = make_post(cast.author, " ".join(f"@{user.username}" for user in users[:15]))
    edit(post, " ".join(f"@{user.username}" for user in users[15:]))
    assert Notification.objects.count() == notifications.MAX_MENTIONS
    assert Notification.objects.shown().count() == notifications.MAX_MENTIONS - 15


def test_likes_that_were_taken_back_are_forgotten_after_three_months(cast):
    post = make_post(cast.author)
    for user, age in ((cast.follower, timedelta(hours=-1)), (cast.stranger, timedelta(hours=1))):
        Like.objects.add(user, post)
        Like.objects.remove(user, post)
        PastLike.objects.filter(user=user).update(created_at=timezone.now() - NOTIFICATION_RETENTION - age)
    assert PastLike.objects.prune(NOTIFICATION_RETENTION) == 1
    assert PastLike.objects.get().user == cast.follower


def test_your_own_actions_do_not_notify_you(cast):
    post = make_post(cast.author, "I am @author.")
    Like.objects.add(cast.author, post)
    make_post(cast.author, "And more.", parent=post)
    assert not Notification.objects.exists()
    assert users_with_events() == set()


def test_a_reply_that_mentions_the_parents_author_notifies_them_once(cast):
    post = make_post(cast.author)
    reply = make_post(cast.follower, "@author @stranger look.", parent=post)
    assert shown_to(cast.author) == [(Kind.REPLIED, "follower", reply.pk)]
    assert shown_to(cast.stranger) == [(Kind.MENTIONED, "follower", reply.pk)]


def test_a_post_notifies_mentioned_users_ignoring_case_and_an_edit_the_new_ones(cast):
    post = make_post(cast.author, "With @STRANGER, @nobody and `@follower` in code.")
    assert shown_to(cast.stranger) == [(Kind.MENTIONED, "author", post.pk)]
    assert shown_to(cast.follower) == []
    post.edit(title="", body="With @stranger and @follower.", seen_version=1)
    assert len(shown_to(cast.stranger)) == len(shown_to(cast.follower)) == 1


def test_a_post_notifies_at_most_twenty_mentioned_users(cast):
    users = [make_user() for _ in range(notifications.MAX_MENTIONS + 5)]
    make_post(cast.author, " ".join(f"@{user.username}" for user in users))
    assert Notification.objects.count() == notifications.MAX_MENTIONS


def test_a_new_post_notifies_followers_who_asked_for_it_and_a_reply_does_not(cast):
    cast.stranger.follow(cast.author)
    assert Follow.objects.set_bell(cast.follower, cast.author, True)
    post = make_post(cast.author, title="Today")
    make_post(cast.author, "More.", parent=post)
    assert shown_to(cast.follower) == [(Kind.POSTED, "author", post.pk)]
    assert shown_to(cast.stranger) == []
    Follow.objects.set_bell(cast.follower, cast.author, False)
    make_post(cast.author)
    assert len(shown_to(cast.follower)) == 1


def test_only_followers_can_ask_for_new_posts(cast):
    assert not Follow.objects.set_bell(cast.stranger, cast.author, True)
    make_post(cast.author)
    assert shown_to(cast.stranger) == []


def test_a_follower_who_asked_for_new_posts_and_is_mentioned_is_notified_once_of_the_mention(cast):
    Follow.objects.set_bell(cast.follower, cast.author, True)
    post = make_post(cast.author, "Dear @follower.")
    assert shown_to(cast.follower) == [(Kind.MENTIONED, "author", post.pk)]


def test_a_follower_who_is_no_longer_mentioned_stays_notified_of_the_post(cast):
    Follow.objects.set_bell(cast.follower, cast.author, True)
    post = make_post(cast.author, "Dear @follower and @stranger.")
    edit(post, "Dear all.")
    assert shown_to(cast.follower) == [(Kind.POSTED, "author", post.pk)]
    assert shown_to(cast.stranger) == []


def test_the_fan_out_task_is_idempotent_and_ignores_missing_posts(cast, monkeypatch):
    monkeypatch.setattr(follower_notifications, "BATCH_SIZE", 3)
    users = [make_user() for _ in range(7)]
    for user in users:
        user.follow(cast.author)
        Follow.objects.set_bell(user, cast.author, True)
    post = make_post(cast.author)
    assert tell_of_new_post.func(post.pk) == 7
    assert {len(shown_to(user)) for user in users} == {1}
    assert Event.objects.filter(kind="notifications.changed", subject_id=post.pk).count() == 2 * 3
    post.remove()
    assert tell_of_new_post.func(post.pk) == tell_of_new_post.func(post.pk + 1) == 0


# --- Permissions are checked on reading ---


def test_notifications_of_a_removed_post_are_neither_shown_nor_counted_until_it_is_restored(cast):
    post = make_post(cast.author, "@stranger")
    Event.objects.all().delete()
    post.remove()
    assert (shown_to(cast.stranger), unread(cast.stranger)) == ([], 0)
    assert users_with_events() == {cast.stranger.pk}
    Event.objects.all().delete()
    post.restore()
    assert len(shown_to(cast.stranger)) == unread(cast.stranger) == 1
    assert users_with_events() == {cast.stranger.pk}


def test_deleting_a_post_deletes_its_notifications(cast):
    post = make_post(cast.author, "@stranger")
    Like.objects.add(cast.follower, post)
    Event.objects.all().delete()
    post.delete()
    assert not Notification.objects.exists()
    assert users_with_events() >= {cast.stranger.pk, cast.author.pk}


def test_many_recipients_of_a_removed_post_share_one_event(cast, monkeypatch):
    monkeypatch.setattr(notifications, "MAX_SINGLE_EVENTS", 1)
    post = make_post(cast.author, "@stranger @follower")
    Event.objects.all().delete()
    post.remove()
    events = Event.objects.filter(kind="notifications.changed").order_by("pk")
    assert list(events.values_list("subject_id", flat=True)) == [0, post.pk]


def test_a_mention_in_a_post_for_followers_is_shown_only_to_followers(cast):
    make_post(cast.author, "@stranger @follower", audience="followers")
    assert (shown_to(cast.stranger), unread(cast.stranger), unread(cast.follower)) == ([], 0, 1)
    cast.follower.unfollow(cast.author)
    assert (shown_to(cast.follower), unread(cast.follower)) == ([], 0)
    cast.stranger.follow(cast.author)
    assert unread(cast.stranger) == 1


def test_notifications_of_a_suspended_actor_are_hidden(cast):
    make_post(cast.author, "@stranger")
    User.objects.filter(pk=cast.author.pk).update(is_active=False)
    assert (shown_to(cast.stranger), unread(cast.stranger)) == ([], 0)


def test_deleting_a_user_deletes_notifications_from_and_to_them(cast):
    post = make_post(cast.author, "@stranger")
    Like.objects.add(cast.stranger, post)
    cast.author.follow(cast.stranger)
    cast.stranger.delete()
    assert not Notification.objects.exists()


# --- Reading, retention, rollback, fixtures, concurrency ---


def test_mark_read_affects_one_user_and_notifications_up_to_a_time(cast):
    make_post(cast.author, "@stranger @follower")
    seen = timezone.now()
    make_post(cast.author, "Again, @stranger.")
    Event.objects.all().delete()
    notifications.mark_read(cast.stranger, seen)
    assert (unread(cast.stranger), unread(cast.follower)) == (1, 1)
    assert users_with_events() == {cast.stranger.pk}
    Event.objects.all().delete()
    notifications.mark_read(cast.stranger, seen)
    assert users_with_events() == set()


def test_notifications_are_deleted_after_three_months(cast):
    for age in (NOTIFICATION_RETENTION - timedelta(hours=1), NOTIFICATION_RETENTION + timedelta(hours=1)):
        post = make_post(cast.author, "@stranger")
        Notification.objects.filter(post=post).update(created_at=timezone.now() - age)
    assert Notification.objects.prune() == 1
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_notifications_and_no_events(cast):
    with transaction.atomic():
        make_post(cast.author, "@stranger")
        cast.stranger.follow(cast.author)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert not Event.objects.exists()


def test_fixtures_create_no_notifications(cast):
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
def test_sixteen_concurrent_likes_are_one_notification(cast):
    post = make_post(cast.author)
    users = iter([make_user() for _ in range(16)])
    at_once(lambda: Like.objects.add(next(users), post), 16)
    assert cast.author.notifications.select_related("post").get().others == 15
    assert Post.objects.get().likes_count == 16
