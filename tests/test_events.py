"""Publishing: an event in the log, and a wakeup of the listeners after the commit."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Thread, current_thread
from unittest.mock import Mock, patch

import pytest
from django.db import transaction

from livefeed.live import posts, publishing, users
from livefeed.models import Event, Follow, Post
from tests.factories import make_cast, make_post, make_user
from tests.models.announced import listening, log, registered

FAILED = RuntimeError("on purpose")


@pytest.fixture
def listener() -> Iterator[Mock]:
    with listening() as listener:
        yield listener


@pytest.mark.parametrize(
    ("publish_event", "kind"),
    [
        (partial(posts.post_saved, appeared=True), "post.created"),
        (partial(posts.post_saved, appeared=False), "post.updated"),
        (posts.post_deleted, "post.deleted"),
    ],
)
def test_events_of_posts_have_the_ids_of_post_and_author(db, publish_event, kind):
    publish_event(Post(pk=7, author_id=3))

    assert log() == [(kind, 7, 3)]


@pytest.mark.parametrize(
    ("publish_event", "kind"),
    [(users.follow_created, "follow.created"), (users.follow_removed, "follow.removed")],
)
def test_events_of_follows_have_the_ids_of_followed_and_follower(db, publish_event, kind):
    publish_event(Follow(follower_id=3, followed_id=7))

    assert log() == [(kind, 7, 3)]


def test_writes_that_publish_nothing_are_published_by_a_reset_of_all_feeds(db):
    Post.objects.silently().bulk_create([Post(author=make_user(), body="Hello.")])
    assert log() == []

    publishing.reset_feeds()
    assert log() == [("feed.reset", 0, 0)]


# --- Wakeups ---


def test_an_event_outside_a_transaction_wakes_listeners_at_once(transactional_db, listener):
    publishing.reset_feeds()

    listener.assert_called_once_with()


def test_an_event_wakes_listeners_after_its_commit(transactional_db, listener):
    with transaction.atomic():
        publishing.reset_feeds()
        listener.assert_not_called()

    listener.assert_called_once_with()


def test_an_event_that_is_rolled_back_leaves_no_row_and_wakes_no_listener(transactional_db, listener):
    with suppress(RuntimeError), transaction.atomic():
        publishing.reset_feeds()
        raise FAILED

    assert log() == []
    listener.assert_not_called()


def test_a_rollback_to_a_savepoint_keeps_earlier_events(transactional_db, listener):
    with transaction.atomic():
        publishing.publish("post.created", subject_id=1)
        with suppress(RuntimeError), transaction.atomic():
            publishing.publish("post.created", subject_id=2)
            raise FAILED

    assert log() == [("post.created", 1, 0)]
    listener.assert_called_once_with()


def test_a_listener_finds_the_event_committed(transactional_db):
    found: list[list[tuple[str, int, int]]] = []

    with registered(lambda: found.append(log())):
        make_post(make_cast().author)

    assert [kind for kind, _, _ in found[-1]] == ["follow.created", "post.created"]


def test_listeners_are_called_in_the_thread_that_wakes_them():
    woken_in: list[str] = []

    with registered(lambda: woken_in.append(current_thread().name)):
        thread = Thread(target=publishing.wake_up, name="elsewhere")
        thread.start()
        thread.join(10)

    assert woken_in == ["elsewhere"]


def test_a_listener_added_twice_is_called_once_and_after_removal_never(listener):
    publishing.add_wakeup_listener(listener)
    publishing.wake_up()
    listener.assert_called_once_with()

    publishing.remove_wakeup_listener(listener)
    publishing.remove_wakeup_listener(listener)
    publishing.wake_up()
    listener.assert_called_once_with()


def test_publishing_without_listeners_succeeds(transactional_db):
    publishing.reset_feeds()

    assert len(log()) == 1


def test_a_listener_may_remove_itself_while_it_is_called(listener):
    listener.side_effect = lambda: publishing.remove_wakeup_listener(listener)

    publishing.wake_up()
    publishing.wake_up()

    listener.assert_called_once_with()


# --- Failures ---


def test_a_failing_listener_does_not_affect_the_commit(transactional_db, listener, caplog):
    listener.side_effect = FAILED

    post = make_post(make_user())

    assert Post.objects.get() == post
    assert log() == [("post.created", post.pk, post.author_id)]
    assert "on purpose" in caplog.text


def test_a_failing_listener_does_not_prevent_the_others(transactional_db):
    listeners = [Mock(side_effect=FAILED) for _ in range(5)]

    with registered(*listeners):
        make_post(make_user())

    for listener in listeners:
        listener.assert_called_once_with()


def test_a_failing_hook_of_another_app_does_not_prevent_the_wakeup(transactional_db, listener):
    def fail() -> None:
        raise FAILED

    with transaction.atomic():
        transaction.on_commit(fail, robust=True)
        publishing.reset_feeds()

    listener.assert_called_once_with()


@pytest.fixture
def broken_log() -> Iterator[None]:
    """Makes writes to the event log fail."""
    with patch.object(Event.objects, "create", side_effect=FAILED):
        yield


def test_a_post_whose_event_cannot_be_written_is_not_created(transactional_db, broken_log):
    author = make_user()

    with pytest.raises(RuntimeError):
        make_post(author)

    assert not Post.objects.exists()


def test_an_edit_whose_event_cannot_be_written_is_not_saved(transactional_db):
    post = make_post(make_user(), "Before.")

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        post.edit(title="", body="After.", seen_version=1)

    assert Post.objects.get().body == "Before."


def test_a_post_is_not_deleted_if_its_event_cannot_be_written(transactional_db):
    post = make_post(make_user())

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        post.delete()

    assert Post.objects.exists()


def test_a_follow_whose_event_cannot_be_written_is_not_created(transactional_db, broken_log):
    mara = make_user("mara")
    tove = make_user("tove")

    with pytest.raises(RuntimeError):
        mara.follow(tove)

    assert not Follow.objects.exists()


def test_a_follow_saved_directly_whose_event_cannot_be_written_is_not_created(transactional_db, broken_log):
    follow = Follow(follower=make_user("mara"), followed=make_user("tove"))

    with pytest.raises(RuntimeError):
        follow.save()

    assert not Follow.objects.exists()


def test_a_follow_is_not_removed_if_its_event_cannot_be_written(transactional_db):
    cast = make_cast()

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        cast.follower.unfollow(cast.author)

    assert Follow.objects.exists()
