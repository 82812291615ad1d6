"""Events as the hub handles them: immutable tuples, cheaper than model instances."""

from typing import NamedTuple

from livefeed.models import Event, Post

Kind = Event.Kind

# Plain strings: comparing with a member of an enumeration costs as much as all other checks for one connection.
POST_CREATED = Kind.POST_CREATED.value
PUBLIC = Post.Audience.PUBLIC.value

POST_KINDS = frozenset({POST_CREATED, Kind.POST_UPDATED.value, Kind.POST_DELETED.value, Kind.POST_COUNTED.value})
FOLLOW_KINDS = frozenset({Kind.FOLLOW_CREATED.value, Kind.FOLLOW_REMOVED.value})
AUTHOR_KINDS = frozenset({Kind.USER_RENAMED.value, Kind.USER_SUSPENDED.value, Kind.USER_RESTORED.value})
RIGHTS_KINDS = frozenset(
    {Kind.USER_SUSPENDED.value, Kind.PASSWORD_CHANGED.value, Kind.SIGN_IN_ENDED.value, Kind.TOKEN_REVOKED.value}
)


class LogEntry(NamedTuple):
    """An event as read from the log. `saved_at` is the time of writing, in seconds since 1970."""

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
        """True if a post was created, updated or deleted, or its counts changed."""
        return self.kind in POST_KINDS

    @property
    def shows_post(self) -> bool:
        """True if the frame contains the post, so that the post must be rendered."""
        return self.kind in POST_KINDS and self.kind != Kind.POST_DELETED

    @property
    def is_count(self) -> bool:
        """True if nothing but the numbers of a post's likes and replies changed."""
        return self.kind == Kind.POST_COUNTED

    @property
    def is_notice(self) -> bool:
        """True if notifications changed: those of the actor or, with a post as subject, of the actor's followers."""
        return self.kind == Kind.NOTIFIED

    @property
    def can_wait(self) -> bool:
        """True if delivery may be delayed and batched with further events."""
        return self.is_count or self.is_notice

    @property
    def is_follow(self) -> bool:
        """True if the actor followed or unfollowed the subject."""
        return self.kind in FOLLOW_KINDS

    @property
    def is_about_author(self) -> bool:
        """True if all posts of the actor look different now, or appeared or disappeared together."""
        return self.kind in AUTHOR_KINDS

    @property
    def is_about_rights(self) -> bool:
        """True if the actor may have lost the right to an open connection."""
        return self.kind in RIGHTS_KINDS


def without_older_counts(entries: list[LogEntry]) -> list[LogEntry]:
    """Returns the entries without counts that a later entry of the same post replaces: a thousand likes in a second
    lead to a few deliveries."""
    newest = {entry.subject_id: entry.position for entry in entries if entry.is_count}
    return [entry for entry in entries if not entry.is_count or newest[entry.subject_id] == entry.position]
