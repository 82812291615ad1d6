"""Declarations of changes to users: follows, names, suspensions, and credentials that end."""

from livefeed.live.declarations import Declaration, Matcher, register
from livefeed.live.entries import LogEntry
from livefeed.live.publishing import publish
from livefeed.live.readers import Reader, View
from livefeed.live.topics import topic
from livefeed.models import Follow, Session, Token, User

FOLLOWED, UNFOLLOWED = "follow.created", "follow.removed"
RENAMED, SUSPENDED, RESTORED = "user.renamed", "user.suspended", "user.restored"
PASSWORD_CHANGED, SIGN_IN_ENDED, TOKEN_REVOKED = "password.changed", "sign_in.ended", "token.revoked"  # names of events


@register
class FollowChanges(Declaration):
    """A user followed or unfollowed another: pages of that user reload. Actor: the follower. Subject: the other one."""

    kinds = frozenset({FOLLOWED, UNFOLLOWED})

    def matcher(self, entry: LogEntry) -> Matcher:
        def matches(reader: Reader, view: View) -> bool:
            is_concerned = view.depends_on_follows or view.author_id == entry.subject_id
            return is_concerned and reader.user_id == entry.actor_id

        return matches


@register
class UserChanges(Declaration):
    """All posts of a user look different now, or appeared or disappeared together. Actor: the user."""

    kinds = frozenset({RENAMED, SUSPENDED, RESTORED})
    about_rights = frozenset({SUSPENDED})
    reload_within = 3  # soon: hidden posts must not stay on a page for long
    changes_all = True

    def matcher(self, entry: LogEntry) -> Matcher:
        def matches(reader: Reader, view: View) -> bool:
            if view.kind == "home":
                return reader.follows(entry.actor_id)
            return not view.topics.isdisjoint(entry.topics)

        return matches


@register
class RightsEnded(Declaration):
    """A credential is no longer valid: the hub closes its connections. Actor: the user. Subject: the number of a
    sign-in, the id of a token, or 0 for all."""

    kinds = frozenset({PASSWORD_CHANGED, SIGN_IN_ENDED, TOKEN_REVOKED})
    about_rights = kinds

    def matcher(self, entry: LogEntry) -> Matcher:
        return lambda reader, view: False


def follow_created(follow: Follow) -> None:
    _publish_follow(FOLLOWED, follow)


def follow_removed(follow: Follow) -> None:
    _publish_follow(UNFOLLOWED, follow)


def _publish_follow(kind: str, follow: Follow) -> None:
    follower_id, followed_id = follow.follower_id, follow.followed_id
    publish(kind, subject_id=followed_id, actor_id=follower_id, topics=[topic("user", follower_id)])


def user_changed(user: User) -> None:
    """Publishes changes of a user that others see, or that affect the user's permissions."""
    changed = user.saved_changes.keys()
    topics = [topic("author", user.pk), topic("profile", user.pk), "authors"]
    if "is_active" in changed:
        publish(RESTORED if user.is_active else SUSPENDED, actor_id=user.pk, topics=topics)
    if changed & {"username", "name", "avatar_id"}:
        publish(RENAMED, actor_id=user.pk, topics=topics)
    if "password" in changed:
        publish(PASSWORD_CHANGED, actor_id=user.pk)


def sign_in_ended(session: Session) -> None:
    """Publishes the end of a session, if a user was signed in with it."""
    if session.sign_in is not None and session.user_id is not None:
        publish(SIGN_IN_ENDED, subject_id=session.sign_in, actor_id=session.user_id)


def token_revoked(token: Token) -> None:
    publish(TOKEN_REVOKED, subject_id=token.pk, actor_id=token.user_id)
