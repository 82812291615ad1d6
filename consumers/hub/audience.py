"""Audience rules: which events are delivered to which connection.

The same rules apply to live delivery and to replays. A rule that hides posts from a user (a block, a private account)
belongs here, and for pages in `PostQuerySet.visible_to`.
"""

from collections.abc import Callable

from consumers.connections.connection import Connection, ViewKind
from consumers.hub.log_entry import POST_CREATED, POST_KINDS, PUBLIC, Kind, LogEntry


def should_deliver(connection: Connection, entry: LogEntry) -> bool:
    """True if the connection's view shows the subject of an event and its viewer may see it now."""
    if entry.kind in POST_KINDS:
        if not may_see(connection, entry):
            return False
        if entry.kind != POST_CREATED and not _may_contain(connection, entry):
            return False
        return SHOWS_POST[connection.view.kind](connection, entry)
    if entry.is_follow:
        return _changes_follows(connection, entry)
    if entry.is_notice:
        return _changes_notifications(connection, entry)
    if entry.is_about_author:
        return _shows_author(connection, entry)
    return entry.kind == Kind.FEED_RESET


def may_see(connection: Connection, entry: LogEntry) -> bool:
    """True if the connection's viewer may see the post of an event."""
    return entry.audience == PUBLIC or connection.follows(entry.actor_id)


# --- Events about a post: one predicate for each kind of view ---


def _home_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for posts of followed authors; for replies, the author of the parent must be followed too."""
    if not connection.follows(entry.actor_id):
        return False
    return not entry.parent_author_id or connection.follows(entry.parent_author_id)


def _public_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for public posts that are not replies."""
    return entry.audience == PUBLIC and not entry.parent_author_id


def _user_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for the author's posts that are not replies."""
    return connection.view.key == entry.actor_id and not entry.parent_author_id


def _replies_show(connection: Connection, entry: LogEntry) -> bool:
    """True for the author's replies."""
    return connection.view.key == entry.actor_id and entry.parent_author_id > 0


def _media_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for the author's posts with pictures, and for those on the page that have just lost them."""
    if connection.view.key != entry.actor_id:
        return False
    return entry.pictures > 0 or connection.has_reported(entry.subject_id)


def _post_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for the post, its ancestors and its direct replies."""
    return entry.subject_id in connection.view.keys or entry.parent_id == connection.view.key


def _tag_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for posts with the tag; the event of an edit lists the tags from before the edit too."""
    return connection.view.key in entry.tags.split()


def _shown_shows(connection: Connection, entry: LogEntry) -> bool:
    """True for the posts that the page has reported as shown."""
    return connection.has_reported(entry.subject_id)


SHOWS_POST: dict[ViewKind, Callable[[Connection, LogEntry], bool]] = {
    "home": _home_shows,
    "public": _public_shows,
    "user": _user_shows,
    "replies": _replies_show,
    "media": _media_shows,
    "post": _post_shows,
    "tag": _tag_shows,
    "shown": _shown_shows,
}
"""Predicates by kind of view: True if the view shows the post of an event. For edits, deletions and counts,
`should_deliver` calls `_may_contain` first."""


def _may_contain(connection: Connection, entry: LogEntry) -> bool:
    """True if the page may contain an older post, or an edit may have added the post to it: a tag or a picture."""
    is_addable = connection.view.kind in ("tag", "media") and not entry.is_count
    return is_addable or connection.may_show(entry.subject_id)


# --- Other events ---


def _changes_follows(connection: Connection, entry: LogEntry) -> bool:
    """True if the viewer followed or unfollowed an author whose posts or follow button the page may show."""
    viewer = connection.viewer
    view = connection.view
    if viewer is None or viewer.user_id != entry.actor_id:
        return False
    return view.kind in ("home", "tag", "shown") or view.author_id == entry.subject_id


def _changes_notifications(connection: Connection, entry: LogEntry) -> bool:
    """True if the notifications of a page's viewer may have changed. Programs receive no counts of notifications."""
    viewer = connection.viewer
    if viewer is None or connection.form != "html":
        return False
    if entry.subject_id:
        return connection.follows(entry.actor_id)
    return viewer.user_id == entry.actor_id


def _shows_author(connection: Connection, entry: LogEntry) -> bool:
    """True if the page may show posts of the author who was renamed, suspended or restored."""
    view = connection.view
    if view.kind == "home":
        return connection.follows(entry.actor_id)
    return view.kind in ("public", "tag", "shown") or view.author_id == entry.actor_id
