"""Coming back with a cursor: after 199, 200 and 201 posts, and with one that is expired, forged or foreign."""

import pytest

from livefeed.models import Event
from tests.factories import make_post
from tests.faults.conftest import heard_nothing, home_of, post_many

REPLAYED_MOST = 200


@pytest.mark.parametrize("missed", [199, 200, 201])
def test_a_page_that_was_offline_is_exact_again(cast, crowd, missed):
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

    resets = int(missed > REPLAYED_MOST)
    assert [reader.resets for reader in (follower, visitor)] == [resets] * 2
    assert resets or not follower.duplicates
    heard_nothing(crowd, stranger, cast)
    print(f"offline for {missed} posts: {resets} resets, exact {seconds:.1f} s after the return")


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1e3", "9" * 30, "foreign"])
def test_a_cursor_that_this_log_never_gave_is_answered_with_one_reset(cast, crowd, cursor):
    """Forged, or foreign: another site's, or this one's from before a backup was restored. Those lie above the head."""
    follower, stranger = crowd.load(cast.follower), crowd.load(cast.stranger)
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
    heard_nothing(crowd, stranger, cast)
    print(f"cursor {cursor!r}: 1 reset, exact")


def test_an_expired_cursor_is_answered_with_one_reset(site, cast, crowd):
    """The site is started anew: what it remembered would have served even a cursor that the log no longer holds."""
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
    heard_nothing(crowd, stranger, cast)
    print(f"an expired cursor: 1 reset, exact {seconds:.1f} s after the return")


def test_a_cursor_of_somebody_elses_shows_nothing_of_theirs(cast, crowd):
    """A cursor says where somebody stands, not what they may see."""
    follower, stranger = crowd.open(cast.follower), crowd.load(cast.stranger)
    stranger.forged_cursor = str(follower.cursor)
    post_many(cast.author, 30)
    crowd.settle()
    crowd.go_live(stranger)

    crowd.exact(follower, home_of(cast.follower))

    assert stranger.received == []
    heard_nothing(crowd, stranger, cast)
    print("somebody else's cursor: 30 posts for them, 0 for the stranger")


@pytest.mark.parametrize(("missed", "forged"), [(REPLAYED_MOST, None), (REPLAYED_MOST + 1, None), (1, "x")])
def test_a_page_whose_socket_closes_right_after_hello_is_exact_again(cast, crowd, missed, forged):
    """Its cursor must not have moved beyond what was still to be told."""
    follower, stranger = crowd.load(cast.follower), crowd.load(cast.stranger)
    post_many(cast.author, missed)
    crowd.settle()
    for reader in (follower, stranger):
        reader.forged_cursor, reader.leaves_after_hello = forged, True
        crowd.go_live(reader)

    seconds = crowd.exact(follower, home_of(cast.follower))

    head = Event.objects.head()
    crowd.wait(stranger, lambda: stranger.is_live and stranger.cursor >= head)  # else they come back as a follower
    heard_nothing(crowd, stranger, cast)
    print(f"cut off after hello, {missed} posts missed: exact {seconds:.1f} s later")
