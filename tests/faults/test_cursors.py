"""Reconnecting with a cursor: after 199, 200 and 201 posts, and with an expired, forged or foreign cursor."""

import pytest

from livefeed.models import Event
from tests.factories import make_post
from tests.faults.conftest import assert_received_nothing, home_of, post_many

MAX_REPLAYED_POSTS = 200


@pytest.mark.parametrize("missed", [199, 200, 201])
def test_a_page_that_was_offline_becomes_exact_again(cast, crowd, missed):
    make_post(cast.author, "Before.")
    readers = crowd.open(cast.follower), crowd.open(None), crowd.open(cast.stranger)
    for reader in readers:
        crowd.go_offline(reader)
    post_many(cast.author, missed)
    crowd.settle()
    for reader in readers:
        crowd.go_live(reader)

    follower, visitor, stranger = readers
    seconds = max(crowd.exact(reader, home_of(cast.follower)) for reader in (follower, visitor))

    resets = int(missed > MAX_REPLAYED_POSTS)
    assert [reader.resets for reader in (follower, visitor)] == [resets] * 2
    assert resets or not follower.duplicates
    assert_received_nothing(crowd, stranger, cast)
    print(f"offline for {missed} posts: {resets} resets, exact {seconds:.1f} s after the reconnection")


@pytest.mark.parametrize(
    "cursor", ["x", "foreign", *(pytest.param(each, marks=pytest.mark.full) for each in ("", "-1", "1e3", "9" * 30))]
)
def test_a_cursor_that_is_not_of_this_log_causes_one_reset(cast, crowd, cursor):
    """A foreign cursor, of another site or from before a backup was restored, is greater than the head.
    tests/live/test_replay.py has more invalid ones."""
    follower = crowd.load(cast.follower)
    stranger = crowd.load(cast.stranger)
    post_many(cast.author, 30)
    crowd.settle()
    for reader in (follower, stranger):
        reader.forged_cursor = str(Event.objects.head() + 1_000) if cursor == "foreign" else cursor
        crowd.go_live(reader)

    crowd.exact(follower, home_of(cast.follower))
    make_post(cast.author, "After that.")
    crowd.settle()
    crowd.exact(follower, home_of(cast.follower))

    assert follower.resets == 1
    assert_received_nothing(crowd, stranger, cast)
    print(f"cursor {cursor!r}: 1 reset, exact")


def test_an_expired_cursor_causes_one_reset(site, cast, crowd):
    """The site is restarted: from memory it could replay even events that are no longer in the database."""
    readers = crowd.open(cast.follower), crowd.open(None), crowd.open(cast.stranger)
    for reader in readers:
        crowd.go_offline(reader)
    post_many(cast.author, 30)
    Event.objects.filter(position__lt=Event.objects.head()).delete()
    site.stop()
    site.start()
    for reader in readers:
        crowd.go_live(reader)

    follower, visitor, stranger = readers
    seconds = max(crowd.exact(reader, home_of(cast.follower)) for reader in (follower, visitor))

    assert [reader.resets for reader in (follower, visitor)] == [1, 1]
    assert_received_nothing(crowd, stranger, cast)
    print(f"an expired cursor: 1 reset, exact {seconds:.1f} s after the reconnection")


def test_the_cursor_of_another_user_reveals_nothing(cast, crowd):
    """A cursor is a position, not a permission."""
    follower = crowd.open(cast.follower)
    stranger = crowd.load(cast.stranger)
    stranger.forged_cursor = str(follower.cursor)
    post_many(cast.author, 30)
    crowd.settle()
    crowd.go_live(stranger)

    crowd.exact(follower, home_of(cast.follower))

    assert stranger.received == []
    assert_received_nothing(crowd, stranger, cast)
    print("another user's cursor: 30 posts for that user, 0 for the stranger")


@pytest.mark.parametrize(("missed", "forged"), [(MAX_REPLAYED_POSTS, None), (MAX_REPLAYED_POSTS + 1, None), (1, "x")])
def test_a_page_whose_socket_closes_right_after_hello_becomes_exact_again(cast, crowd, missed, forged):
    """Its cursor must not move beyond events that were not delivered yet."""
    follower = crowd.load(cast.follower)
    stranger = crowd.load(cast.stranger)
    post_many(cast.author, missed)
    crowd.settle()
    for reader in (follower, stranger):
        reader.forged_cursor = forged
        reader.leaves_after_hello = True
        crowd.go_live(reader)

    seconds = crowd.exact(follower, home_of(cast.follower))

    head = Event.objects.head()
    crowd.wait(
        stranger, lambda: stranger.is_live and stranger.cursor >= head
    )  # or else the stranger would reconnect as a follower
    assert_received_nothing(crowd, stranger, cast)
    print(f"cut off after hello, {missed} posts missed: exact {seconds:.1f} s later")
