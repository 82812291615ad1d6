"""A site that stands still while other processes post."""

import signal

from tests.factories import make_post
from tests.faults.conftest import full_or, heard_nothing, home_of
from tests.faults.posting import paced

POSTS = full_or(100, 1_000)
STALLED = full_or(2.0, 10.0)
"""Seconds."""
EXACT_WITHIN = 5.0
"""Seconds after it goes on."""


def test_a_hub_that_was_stalled_catches_up(site, cast, crowd):
    follower, visitor, stranger = crowd.open(cast.follower), crowd.open(None), crowd.open(cast.stranger)

    site.process.send_signal(signal.SIGSTOP)
    for number in paced(POSTS, STALLED):
        make_post(cast.author, f"Number {number}.")
    site.process.send_signal(signal.SIGCONT)

    late = max(crowd.exact(reader, home_of(cast.follower), EXACT_WITHIN) for reader in (follower, visitor))
    assert [(reader.resets, reader.duplicates) for reader in (follower, visitor)] == [(0, 0), (0, 0)]
    heard_nothing(crowd, stranger, cast)
    print(f"stalled for {STALLED:.0f} s, {POSTS} posts: exact {late:.1f} s after its return")
