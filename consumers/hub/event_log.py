"""The event log as the hub reads it: in the order of positions, each post rendered once for all connections.

Queries and rendering run in a thread of their own.
"""

import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from functools import partial
from itertools import batched, islice
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from consumers import metrics
from consumers.hub.log_entry import Kind, LogEntry
from consumers.protocol import frames
from consumers.protocol.frames import Form, Rendered
from consumers.protocol.message import Message
from consumers.server.db_threads import DatabaseThreads
from livefeed.content.fragments import render_post
from livefeed.models import Event, Follow, Notification, Post
from livefeed.models.compiled import compiled
from livefeed.models.picture import prefetch_pictures

logger = logging.getLogger(__name__)

READ_LIMIT = 500
"""Events that one read returns at most."""
TAIL_LENGTH = 2_000
"""Recent events that stay in memory at least, for clients that reconnect."""
REPLAY_PAGE_SIZE = 200
"""Events that a replay from the database reads at once."""
MAX_IDS_PER_QUERY = 500
"""User ids in one query at most."""
COLUMNS = (
    *("position", "kind", "subject_id", "actor_id", "created_at"),
    *("audience", "tags", "parent_id", "parent_author_id", "pictures"),
)
"""The columns of an event that are read, in the order of `LogEntry`."""
MAX_CACHED_POSTS = 5_000
"""Rendered posts that stay in memory."""
MAX_CACHED_FRAMES = 5_000
"""Frames of events that stay in memory."""


class EventLog:
    """Reader of the event log. All events up to `position` have been dispatched, or are being dispatched now."""

    def __init__(self) -> None:
        self.position = -1
        self.tail: list[LogEntry] = []
        """The latest events up to `position`, oldest first."""
        self.empty_message = Message()
        """Start of all replays. Clients that missed the same events therefore share one message."""
        self._posts: dict[int, Rendered] = {}
        self._frames: dict[tuple[int, str, str], str] = {}
        self._invalidations = 0
        self._thread = DatabaseThreads(1, "livefeed-log")

    async def open(self) -> None:
        """Starts at the head of the log, with the latest events in memory."""
        latest = await self._thread.run(lambda: _entries(Event.objects.order_by("-position")[:TAIL_LENGTH]))
        self.tail = latest[::-1]
        self.position = self.tail[-1].position if self.tail else 0

    async def read(self) -> list[LogEntry]:
        """Returns the events after `position`, in order, at most READ_LIMIT. Does not change the position."""
        return await self._thread.run(lambda: _log_entries(_rows_after(self.position)))

    def advance(self, entries: list[LogEntry]) -> None:
        """Moves the position behind `entries`, which are about to be dispatched."""
        self.tail.extend(entries)
        if len(self.tail) > 2 * TAIL_LENGTH:
            del self.tail[:-TAIL_LENGTH]
        self.position = entries[-1].position

    def entries_after(self, position: int) -> list[LogEntry] | None:
        """Returns the events after `position` from memory; None if the tail does not reach back that far."""
        if position < self._first_in_memory:
            return None
        return self.tail[bisect_right(self.tail, position, key=attrgetter("position")) :]

    async def contains(self, cursor: int) -> bool:
        """True if the log has reached `cursor` and still holds all events after it, in memory or in the database."""
        if self._first_in_memory <= cursor <= self.position:
            return True
        oldest, head = await self._thread.run(Event.objects.bounds)
        return oldest - 1 <= cursor <= head

    async def head(self) -> int:
        """Returns the position of the newest event, read or not."""
        return await self._thread.run(Event.objects.head)

    async def history(self, cursor: int, where: Q) -> AsyncIterator[list[LogEntry]]:
        """Yields the events after `cursor` up to `position`, in pages.

        If the tail reaches back that far, all events are yielded from memory; else those that match `where`, from the
        database.
        """
        upto = self.position
        in_memory = self.entries_after(cursor)
        if in_memory is not None:
            yield in_memory
            return
        has_more = True
        while has_more:
            query = Event.objects.after(cursor).filter(where, position__lte=upto)[:REPLAY_PAGE_SIZE]
            page = await self._thread.run(partial(_entries, query))
            yield page
            has_more = len(page) == REPLAY_PAGE_SIZE
            cursor = page[-1].position if page else upto

    # --- Rendered posts and frames, cached ---

    def invalidate(self, entries: list[LogEntry]) -> None:
        """Removes the posts that `entries` changed from the cache, and all frames."""
        self._invalidations += 1
        self._frames.clear()
        self.empty_message = Message()
        for entry in entries:
            if entry.is_post:
                self._posts.pop(entry.subject_id, None)
            elif entry.is_about_author or entry.kind == Kind.FEED_RESET:
                self._posts.clear()

    async def posts(self, post_ids: Collection[int]) -> dict[int, Rendered]:
        """Returns posts by id, rendered in their present state. Deleted and hidden posts are missing."""
        cached = {post_id: self._posts[post_id] for post_id in post_ids if post_id in self._posts}
        missing = set(post_ids) - cached.keys()
        if not missing:
            return cached
        invalidations = self._invalidations
        rendered = await self._thread.run(lambda: _render(missing))
        if invalidations == self._invalidations:  # else a post may have changed since it was rendered
            self._cache(rendered)
        return cached | rendered

    def _cache(self, rendered: dict[int, Rendered]) -> None:
        """Caches rendered posts and evicts the oldest ones beyond MAX_CACHED_POSTS."""
        self._posts |= rendered
        excess = max(0, len(self._posts) - MAX_CACHED_POSTS)
        for oldest in list(islice(self._posts, excess)):
            del self._posts[oldest]

    def frame(self, entry: LogEntry, posts: dict[int, Rendered], form: Form) -> str | None:
        """Returns an event's frame, the same object each time; None if there is none, because the post is gone."""
        key = (entry.position, entry.kind, form)
        frame = self._frames.get(key)
        if frame is None:
            frame = _frame(entry, posts.get(entry.subject_id), form)
            if frame is not None:
                self._cache_frame(key, frame)
        return frame

    def frames(self, entry: LogEntry, posts: dict[int, Rendered]) -> dict[Form, str]:
        """Returns an event's frame in each format; empty if there is none."""
        forms: tuple[Form, ...] = ("html", "json")
        return {form: frame for form in forms if (frame := self.frame(entry, posts, form))}

    def heartbeat(self, position: int) -> str:
        """Returns the heartbeat that ends a replay, the same object for the same position."""
        return self._get_or_make_frame((position, "heartbeat", "html"), lambda: frames.heartbeat(position))

    def unread_frame(self, position: int, unread: int) -> str:
        """Returns the frame with a number of unread notifications, the same object for all users with that number."""
        key = (position, f"notifications {unread}", "html")
        return self._get_or_make_frame(key, lambda: frames.notifications(position, unread))

    def _get_or_make_frame(self, key: tuple[int, str, str], make: Callable[[], str]) -> str:
        if key not in self._frames:
            self._cache_frame(key, make())
        return self._frames[key]

    def _cache_frame(self, key: tuple[int, str, str], frame: str) -> None:
        """Caches a frame by position, kind and format. Empties the cache first if it is full."""
        if len(self._frames) > MAX_CACHED_FRAMES:
            self._frames.clear()
        self._frames[key] = frame

    # --- Other queries of the hub, in the same thread ---

    async def unread_counts(self, recipients: Collection[tuple[int, int]]) -> dict[int, int]:
        """Returns numbers of unread notifications by user id.

        `recipients` are pairs of a post's id and a user's id. With post id 0 the user is always counted; otherwise only
        if the user was notified of that post.
        """
        return await self._thread.run(lambda: _unread_counts(recipients))

    async def followed(self, user_ids: list[int]) -> dict[int, set[int]]:
        """Returns the ids of the authors that each user follows now, by user id."""
        return await self._thread.run(lambda: _followed(user_ids))

    def close(self) -> None:
        """Stops the thread and closes its database connection."""
        self._thread.close()

    @property
    def _first_in_memory(self) -> int:
        """The lowest position from which memory holds all later events."""
        return self.tail[0].position - 1 if self.tail else self.position


def _entries(query: QuerySet[Event]) -> list[LogEntry]:
    """Runs a query and returns its events as log entries."""
    return _log_entries(query.values_list(*COLUMNS))


def _log_entries(rows: Iterable[tuple[Any, ...]]) -> list[LogEntry]:
    """Returns rows with COLUMNS as log entries."""
    return [
        LogEntry(position or 0, kind, subject_id, actor_id, created_at.timestamp(), *audience)
        for position, kind, subject_id, actor_id, created_at, *audience in rows
    ]


@compiled
def _rows_after(position: int) -> Any:
    """The next events of the log."""
    return Event.objects.after(position).values_list(*COLUMNS)[:READ_LIMIT]


def _render(post_ids: Collection[int]) -> dict[int, Rendered]:
    """Renders posts. A post that cannot be rendered is logged, counted and left out, so that it does not block the
    events after it."""
    rendered = {}
    for post in prefetch_pictures(_visible_posts(list(post_ids))):
        try:
            rendered[post.pk] = frames.rendered(post, render_post(post), settings.LIVEFEED_URL)
        except Exception:
            metrics.poisoned.inc()
            logger.exception("Post %s cannot be rendered; it is left out of the live feed.", post.pk)
    metrics.renders.inc(len(rendered))
    return rendered


@compiled
def _visible_posts(post_ids: list[int]) -> Any:
    """The posts that were neither deleted nor hidden."""
    return Post.objects.present().filter(pk__in=post_ids, author__is_active=True).with_related()


def _unread_counts(recipients: Collection[tuple[int, int]]) -> dict[int, int]:
    """Counts unread notifications; see `EventLog.unread_counts`."""
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


def _followed(user_ids: list[int]) -> dict[int, set[int]]:
    """Reads follows; see `EventLog.followed`."""
    followed_by: dict[int, set[int]] = {user_id: set() for user_id in user_ids}
    for batch in batched(user_ids, MAX_IDS_PER_QUERY):
        follows = Follow.objects.filter(follower__in=batch).values_list("follower", "followed")
        for follower_id, author_id in follows:
            followed_by[follower_id].add(author_id)
    return followed_by


def _frame(entry: LogEntry, post: Rendered | None, form: Form) -> str | None:
    """Builds an event's frame in one format; None if the event has no common frame or its post is gone."""
    if entry.kind == Kind.FEED_RESET:
        return frames.reset(entry.position, frames.RESET_SPREAD)
    if entry.is_about_author:
        return frames.reset(entry.position, frames.AUTHOR_RESET_SPREAD)
    if entry.is_follow:
        return frames.reset(entry.position)
    if entry.is_notice:
        return None  # the frame differs for each user: consumers/hub/unread_counts.py
    if entry.kind == Kind.POST_DELETED:
        return frames.post_deleted(entry.position, entry.subject_id)
    if post is None:
        return None
    encoded_post = post.counts if entry.is_count else getattr(post, form)
    return frames.post_shown(entry.kind, entry.position, encoded_post)
