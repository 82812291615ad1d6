"""How many follow, are followed and were posted.

A follow is counted in its transaction, for both ends in the order of their keys. So is a post where one writes at a
time, on SQLite. On PostgreSQL an author's posts are counted anew once a post is committed: to add to a count in the
middle of a transaction is to hold a row that the author's other posts need, and with it deadlocks among those whose
transactions do more than post.
"""

from dataclasses import dataclass

from django.db import connection

from livefeed.models import Follow, Post, Profile
from livefeed.models.counters import POSTS_COUNT
from livefeed.transactions import on_commit_once


@dataclass(frozen=True)
class RecountPosts:
    """Counts somebody's posts, when it is called: the last of several who do sees what all of them committed."""

    author_id: int

    def __call__(self) -> None:
        POSTS_COUNT.repair(self.author_id)


def follow_counted(follow: Follow, change: int) -> None:
    """Counts a follow that begins or ends, for both: two who follow each other at once never wait for each other."""
    ends = {follow.follower_id: "following_count", follow.followed_id: "followers_count"}
    for person, count in sorted(ends.items()):
        Profile.objects.filter(user=person).increment(**{count: change})


def post_counted(post: Post, change: int) -> None:
    """Counts a post that comes or goes. Replies stand in a list of their own and are not counted."""
    if post.is_reply:
        return
    if not connection.features.has_select_for_update:
        Profile.objects.filter(user=post.author_id).increment(posts_count=change)
    else:
        on_commit_once(RecountPosts(post.author_id))
