"""Notifies followers of a new post, in batches: an author may have 100,000 of them. Run by a background task."""

from django.db import transaction

from livefeed.live import notices
from livefeed.models import Follow, Notification, Post

BATCH_SIZE = 1_000
"""Followers notified by one transaction."""


def notify_followers(post: Post) -> int:
    """Notifies all active followers who asked for this author's new posts. Idempotent. Returns their number."""
    follows = Follow.objects.with_bell_for(post.author_id).order_by("pk")
    last = 0
    count = 0
    while batch := list(follows.filter(pk__gt=last).values_list("pk", "follower")[:BATCH_SIZE]):
        with transaction.atomic():
            followers = [follower for _, follower in batch]
            Notification.objects.notify(followers, Notification.Kind.POSTED, post.author_id, post.pk)
            notices.follower_notifications_changed(post)
        last = batch[-1][0]
        count += len(batch)
    return count
