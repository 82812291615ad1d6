"""The one door through which anything is announced: a row in the log, and at commit a ring."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Thread, current_thread
from unittest.mock import Mock, patch

import pytest
from django.db import transaction

from livefeed.live import publishing
from livefeed.models import Event, Follow, Post
from tests.factories import make_cast, make_post, make_user
from tests.models.announced import hanging, listening, log

FAILED = RuntimeError("on purpose")


@pytest.fixture
def bell() -> Iterator[Mock]:
    with listening() as bell:
        yield bell


@pytest.mark.parametrize(
    ("announce", "kind"),
    [
        (partial(publishing.post_saved, came=True), "post.created"),
        (partial(publishing.post_saved, came=False), "post.updated"),
        (publishing.post_deleted, "post.deleted"),
    ],
)
def test_what_happens_to_a_post_is_written_with_its_id_and_its_authors(db, announce, kind):
    announce(Post(pk=7, author_id=3))

    assert log() == [(kind, 7, 3)]


@pytest.mark.parametrize(
    ("announce", "kind"), [(publishing.follow_created, "follow.created"), (publishing.follow_removed, "follow.removed")]
)
def test_what_happens_to_a_follow_is_written_with_the_followed_and_the_follower(db, announce, kind):
    announce(Follow(follower_id=3, followed_id=7))

    assert log() == [(kind, 7, 3)]


def test_writes_that_no_signal_saw_are_announced_as_a_reset_for_all(db):
    Post.objects.bulk_create([Post(author=make_user(), body="Hello.")])
    assert log() == []

    publishing.reset_feeds()
    assert log() == [("feed.reset", 0, 0)]


# --- The ring ---


def test_an_event_outside_a_transaction_rings_at_once(transactional_db, bell):
    publishing.reset_feeds()

    bell.assert_called_once_with()


def test_an_event_rings_when_it_is_committed_and_not_before(transactional_db, bell):
    with transaction.atomic():
        publishing.reset_feeds()
        bell.assert_not_called()

    bell.assert_called_once_with()


def test_an_event_that_is_rolled_back_leaves_no_row_and_no_ring(transactional_db, bell):
    with suppress(RuntimeError), transaction.atomic():
        publishing.reset_feeds()
        raise FAILED

    assert log() == []
    bell.assert_not_called()


def test_what_is_rolled_back_to_a_savepoint_takes_nothing_else_with_it(transactional_db, bell):
    with transaction.atomic():
        publishing.publish(Event.Kind.POST_CREATED, subject_id=1)
        with suppress(RuntimeError), transaction.atomic():
            publishing.publish(Event.Kind.POST_CREATED, subject_id=2)
            raise FAILED

    assert log() == [("post.created", 1, 0)]
    bell.assert_called_once_with()


def test_whoever_hears_the_ring_finds_the_event_committed(transactional_db):
    found: list[list[tuple[str, int, int]]] = []

    with hanging(lambda: found.append(log())):
        make_post(make_cast().author)

    assert [kind for kind, _, _ in found[-1]] == ["follow.created", "post.created"]


def test_a_ring_is_heard_from_any_thread():
    rung_in: list[str] = []

    with hanging(lambda: rung_in.append(current_thread().name)):
        thread = Thread(target=publishing.wake_up, name="elsewhere")
        thread.start()
        thread.join(10)

    assert rung_in == ["elsewhere"]


def test_a_bell_added_twice_rings_once_and_once_removed_no_more(bell):
    publishing.add_wakeup_listener(bell)
    publishing.wake_up()
    bell.assert_called_once_with()

    publishing.remove_wakeup_listener(bell)
    publishing.remove_wakeup_listener(bell)
    publishing.wake_up()
    bell.assert_called_once_with()


def test_a_ring_that_nobody_listens_to_is_no_failure(transactional_db):
    publishing.reset_feeds()

    assert len(log()) == 1


def test_a_bell_may_take_itself_away_while_it_rings(bell):
    bell.side_effect = lambda: publishing.remove_wakeup_listener(bell)

    publishing.wake_up()
    publishing.wake_up()

    bell.assert_called_once_with()


# --- Failures ---


def test_a_bell_that_raises_does_not_break_what_is_committed(transactional_db, bell, caplog):
    bell.side_effect = FAILED

    post = make_post(make_user())

    assert Post.objects.get() == post
    assert log() == [("post.created", post.pk, post.author_id)]
    assert "on purpose" in caplog.text


def test_a_bell_that_raises_silences_no_other(transactional_db):
    bells = [Mock(side_effect=FAILED) for _ in range(5)]

    with hanging(*bells):
        make_post(make_user())

    for bell in bells:
        bell.assert_called_once_with()


def test_a_hook_of_somebody_elses_that_fails_before_it_does_not_silence_the_ring(transactional_db, bell):
    def fail() -> None:
        raise FAILED

    with transaction.atomic():
        transaction.on_commit(fail, robust=True)
        publishing.reset_feeds()

    bell.assert_called_once_with()


@pytest.fixture
def broken_log() -> Iterator[None]:
    """The log cannot be written."""
    with patch.object(Event.objects, "create", side_effect=FAILED):
        yield


def test_a_post_that_cannot_be_announced_is_not_made(transactional_db, broken_log):
    author = make_user()

    with pytest.raises(RuntimeError):
        make_post(author)

    assert not Post.objects.exists()


def test_a_change_that_cannot_be_announced_is_not_made(transactional_db):
    post = make_post(make_user(), "Before.")

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        post.edit(title="", body="After.", seen_version=1)

    assert Post.objects.get().body == "Before."


def test_a_deletion_that_cannot_be_announced_is_not_made(transactional_db):
    post = make_post(make_user())

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        post.delete()

    assert Post.objects.exists()


def test_a_follow_that_cannot_be_announced_is_not_made(transactional_db, broken_log):
    mara, tove = make_user("mara"), make_user("tove")

    with pytest.raises(RuntimeError):
        mara.follow(tove)

    assert not Follow.objects.exists()


def test_a_follow_saved_by_hand_that_cannot_be_announced_is_not_made_either(transactional_db, broken_log):
    follow = Follow(follower=make_user("mara"), followed=make_user("tove"))

    with pytest.raises(RuntimeError):
        follow.save()

    assert not Follow.objects.exists()


def test_a_follow_whose_end_cannot_be_announced_goes_on(transactional_db):
    cast = make_cast()

    with patch.object(Event.objects, "create", side_effect=FAILED), pytest.raises(RuntimeError):
        cast.follower.unfollow(cast.author)

    assert Follow.objects.exists()
