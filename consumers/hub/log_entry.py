"""One event, as the hub handles it."""

from typing import NamedTuple

from livefeed.models import Event, Post

Kind = Event.Kind
CREATED, PUBLIC = Kind.POST_CREATED.value, Post.Audience.PUBLIC.value
"""As plain texts: comparing with an enumeration's member costs as much as all else that is asked of a connection."""

POSTS = frozenset({Kind.POST_CREATED.value, Kind.POST_UPDATED.value, Kind.POST_DELETED.value, Kind.POST_COUNTED.value})
FOLLOWS = frozenset({Kind.FOLLOW_CREATED.value, Kind.FOLLOW_REMOVED.value})
AUTHORS = frozenset({Kind.USER_RENAMED.value, Kind.USER_SUSPENDED.value, Kind.USER_RESTORED.value})
RIGHTS = frozenset(
    {Kind.USER_SUSPENDED.value, Kind.PASSWORD_CHANGED.value, Kind.SIGN_IN_ENDED.value, Kind.TOKEN_REVOKED.value}
)


class LogEntry(NamedTuple):
    """An event as read from the log. `saved_at` is when it was written, in seconds since 1970."""

    position: int
    kind: str
    subject_id: int
    actor_id: int
    saved_at: float
    audience: str = "public"
    tags: str = ""
    parent_id: int = 0
    parent_author_id: int = 0
    pictures: int = 0

    @property
    def is_post(self) -> bool:
        return self.kind in POSTS

    @property
    def shows_post(self) -> bool:
        """Whether it tells of a post that is there, so that the post must be rendered."""
        return self.kind in POSTS and self.kind != Kind.POST_DELETED

    @property
    def is_count(self) -> bool:
        """Whether it tells that a post's likes or replies were counted, and nothing else of it."""
        return self.kind == Kind.POST_COUNTED

    @property
    def is_notice(self) -> bool:
        """Whether it tells that somebody's notifications changed, or those of followers of somebody."""
        return self.kind == Kind.NOTIFIED

    @property
    def can_wait(self) -> bool:
        """Whether nobody minds to learn it a moment later, together with more of the kind."""
        return self.is_count or self.is_notice

    @property
    def is_follow(self) -> bool:
        return self.kind in FOLLOWS

    @property
    def is_about_author(self) -> bool:
        """Whether all posts of the actor look different now, or came or went together."""
        return self.kind in AUTHORS

    @property
    def is_about_rights(self) -> bool:
        """Whether the actor may have lost the right to some open socket."""
        return self.kind in RIGHTS


def without_older_counts(entries: list[LogEntry]) -> list[LogEntry]:
    """The same less those counts that a later one of the same post makes old: of a thousand likes in a second a few are
    told."""
    newest = {entry.subject_id: entry.position for entry in entries if entry.is_count}
    return [entry for entry in entries if not entry.is_count or newest[entry.subject_id] == entry.position]
