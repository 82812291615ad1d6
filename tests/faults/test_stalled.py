"""A site that is stopped while another process posts."""

import signal

from tests.factories import make_post
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.posting import paced

POSTS = full_or(100, 1_000)
STALLED = full_or(1.0, 10.0)
"""Seconds for which the site is stopped."""
EXACT_WITHIN = 5.0
"""Seconds after it continues."""


def test_a_stalled_hub_catches_up(site, cast, crowd):
    follower = crowd.open(cast.follower)
    visitor = crowd.open(None)
    stranger = crowd.open(cast.stranger)

    site.process.send_signal(signal.SIGSTOP)
    for number in paced(POSTS, STALLED):
        make_post(cast.author, f"Number {number}.")
    site.process.send_signal(signal.SIGCONT)

    late = max(crowd.exact(reader, home_of(cast.follower), EXACT_WITHIN) for reader in (follower, visitor))
    assert [(reader.resets, reader.duplicates) for reader in (follower, visitor)] == [(0, 0), (0, 0)]
    assert_received_nothing(crowd, stranger, cast)
    print(f"stalled for {STALLED:.0f} s, {POSTS} posts: exact {late:.1f} s after it continued")
