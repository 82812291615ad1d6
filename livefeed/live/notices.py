"""Declaration of notifications: pages show how many their user has not read."""

from collections.abc import Collection
from itertools import batched

from livefeed.live.credentials import MAX_IDS_PER_QUERY
from livefeed.live.declarations import Declaration, Matcher, register
from livefeed.live.entries import LogEntry
from livefeed.live.publishing import publish
from livefeed.live.readers import Reader, View
from livefeed.live.topics import topic
from livefeed.models import Notification, Post

CHANGED = "notifications.changed"


@register
class NotificationChanges(Declaration):
    """The number of unread notifications changed. Actor: the recipient or, with a post as subject, its author, some of
    whose followers are the recipients. The frame, a number, is read for each user. Programs receive none."""

    kinds = frozenset({CHANGED})
    coalesced = kinds
    reload_within = None

    def matcher(self, entry: LogEntry) -> Matcher:
        def matches(reader: Reader, view: View) -> bool:
            if not reader.user_id or reader.form != "html":
                return False
            return reader.follows(entry.actor_id) if entry.subject_id else reader.user_id == entry.actor_id

        return matches


def notifications_changed(user_id: int) -> None:
    """Publishes that the number of a user's unread notifications changed."""
    publish(CHANGED, actor_id=user_id, topics=[topic("user", user_id)])


def follower_notifications_changed(post: Post) -> None:
    """Publishes that the numbers of unread notifications changed for the followers who were notified of this post."""
    publish(CHANGED, subject_id=post.pk, actor_id=post.author_id, topics=[topic("notices", post.author_id)])


def unread_counts(recipients: Collection[tuple[int, int]]) -> dict[int, int]:
    """Returns numbers of unread notifications by user id.

    `recipients` are pairs of a post's id and a user's id. With post id 0 the user is always counted; otherwise only if
    the user was notified of that post.
    """
    user_ids = {user_id for post_id, user_id in recipients if not post_id}
    for post_id in {post_id for post_id, _ in recipients if post_id}:
        notified = Notification.objects.filter(post=post_id)
        candidates = [user_id for each_post_id, user_id in recipients if each_post_id == post_id]
        for batch in batched(candidates, MAX_IDS_PER_QUERY):
            user_ids |= set(notified.filter(recipient__in=batch).values_list("recipient", flat=True))
    counts: dict[int, int] = {}
    for batch in batched(user_ids, MAX_IDS_PER_QUERY):
        counts |= Notification.objects.unread_counts(batch)
    return counts
