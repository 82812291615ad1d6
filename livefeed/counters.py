"""Updates the stored counts of profiles: followers, followed users and posts.

A follow is counted in its transaction, for both users in the order of their keys. On SQLite, which has a single writer,
so is a post. On PostgreSQL the posts of an author are counted again after the commit: an increment in the middle of a
transaction would lock a row that the author's other posts need, and cause deadlocks with transactions that do more than
publish one post.
"""

from dataclasses import dataclass

from django.db import connection

from livefeed.models import Follow, Post, Profile
from livefeed.models.counters import POSTS_COUNT
from livefeed.transactions import on_commit_once


@dataclass(frozen=True)
class RecountPosts:
    """On-commit hook that counts the posts of an author. Of concurrent recounts, the last one sees all commits."""

    author_id: int

    def __call__(self) -> None:
        POSTS_COUNT.repair(self.author_id)


def follow_counted(follow: Follow, change: int) -> None:
    """Adds `change` (+1 or -1) to the counts of both users. Always locks in the order of keys, so that two users who
    follow each other at the same time cannot deadlock."""
    counts = {follow.follower_id: "following_count", follow.followed_id: "followers_count"}
    for user_id, count in sorted(counts.items()):
        Profile.objects.filter(user=user_id).increment(**{count: change})


def post_counted(post: Post, change: int) -> None:
    """Adds `change` (+1 or -1) to the author's number of posts. Replies are listed separately and not counted."""
    if post.is_reply:
        return
    if not connection.features.has_select_for_update:
        Profile.objects.filter(user=post.author_id).increment(posts_count=change)
    else:
        on_commit_once(RecountPosts(post.author_id))
