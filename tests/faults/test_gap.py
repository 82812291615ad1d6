"""Posts between the rendering of a page and the opening of its socket, with wake-ups doubled and late."""

from tests.factories import make_post
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.posting import Author, paced
from tests.stack.crowd import Crowd

POSTS = 50
GAP = full_or(1.0, 2.0)
"""Seconds between page and socket; longer than a wake-up is late."""


def test_no_post_is_lost_between_a_page_and_its_socket(shaken_site, cast):
    author = Author(cast.author, shaken_site)
    with Crowd(shaken_site) as crowd:
        make_post(cast.author, "Before.")
        early = crowd.open(cast.follower)
        stranger = crowd.open(cast.stranger)
        late = [crowd.load(cast.follower), crowd.load(None)]

        for number in paced(POSTS, GAP):
            author.post(f"Number {number}.")
        for reader in late:
            crowd.go_live(reader)
        for number in range(POSTS):
            author.post(f"And number {number}.")

        expected = home_of(cast.follower)
        seconds = max(crowd.exact(reader, expected) for reader in (early, *late))
        assert len(expected) == 2 * POSTS + 1
        assert [(reader.resets, reader.duplicates) for reader in (early, *late)] == [(0, 0)] * 3
        assert_received_nothing(crowd, stranger, cast)
    print(f"{POSTS} posts in the {GAP:.0f} s before the socket, wake-ups doubled and late: exact after {seconds:.1f} s")
