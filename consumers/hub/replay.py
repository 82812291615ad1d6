"""What a reader missed, told once: each post as it is now, however often it changed, and what they have not read."""

from django.db.models import Q

from consumers.connections.connection import Connection
from consumers.hub.audience import should_deliver
from consumers.hub.event_log import EventLog
from consumers.hub.log_entry import AUTHOR_KINDS, Kind, LogEntry
from consumers.protocol.message import Message

MOST = 200
"""More posts than this are not replayed: reading anew is quicker."""


async def replay(log: EventLog, connection: Connection, cursor: int) -> Message | None:
    """What brings a reader from `cursor` to the log's position; None if it must read anew."""
    latest: dict[int, LogEntry] = {}
    noticed: set[tuple[int, int]] = set()
    created: set[int] = set()
    async for page in log.history(cursor, sieve(connection)):
        for entry in page:
            if not should_deliver(connection, entry):
                continue
            if entry.is_notice and connection.viewer:
                noticed.add((entry.subject_id, connection.viewer.user_id))
                continue
            if not entry.is_post:
                return None
            if entry.is_count and entry.subject_id in latest:
                continue  # what tells of the post tells its counts as well, as they are now
            latest.pop(entry.subject_id, None)
            latest[entry.subject_id] = entry
            if entry.kind == Kind.POST_CREATED:
                created.add(entry.subject_id)
        if len(latest) > MOST:
            return None
    message = log.nothing
    posts = await log.posts([entry.subject_id for entry in latest.values() if entry.shows_post])
    for entry in latest.values():
        if frame := log.frame(_as_first_told(entry, created), posts, connection.form):
            message = message.and_then(frame)
    for unread in (await log.unread(noticed)).values() if noticed else ():
        message = message.and_then(log.notice(log.position, unread))
    return message


def _as_first_told(entry: LogEntry, created: set[int]) -> LogEntry:
    """A post that was made and changed while the reader was away is told as made."""
    changed = entry.kind == Kind.POST_UPDATED and entry.subject_id in created
    return entry._replace(kind=Kind.POST_CREATED.value) if changed else entry


def sieve(connection: Connection) -> Q:
    """The database's part of `should_deliver`: what can concern the connection and perhaps a little more."""
    view, viewer = connection.view, connection.viewer
    resets = Q(kind=Kind.FEED_RESET)
    own = Q(actor_id=viewer.user_id) | Q(kind=Kind.NOTIFIED, actor_id__in=viewer.followed) if viewer else Q()
    if view.kind == "home" and viewer:
        return resets | Q(actor_id__in=[viewer.user_id, *viewer.followed])
    if view.kind in ("user", "replies", "media"):
        return resets | own | Q(actor_id=view.key)
    if view.kind == "shown":
        return resets | own | Q(kind__in=AUTHOR_KINDS)
    if view.kind == "tag":
        return resets | own | Q(kind__in=AUTHOR_KINDS) | Q(tags__contains=view.key)
    if view.kind == "post":
        return resets | own | Q(subject_id__in=view.keys) | Q(parent_id=view.key) | Q(actor_id=view.author_id)
    return Q()
