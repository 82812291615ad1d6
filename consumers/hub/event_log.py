"""The log as the hub reads it: by position, in order, each subject rendered once for all.

Database work and rendering happen in one thread of its own.
"""

import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial
from itertools import batched, islice
from operator import attrgetter

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
from livefeed.models.picture import prefetch_pictures

logger = logging.getLogger(__name__)

BATCH = 500
"""How many events one read brings at most."""
TAIL = 2_000
"""How many recent events stay in memory, for those who come back."""
PAGE = 200
"""How many events a replay from the database reads at once."""
REACH = ("audience", "tags", "parent_id", "parent_author_id", "pictures")
"""The columns of an event that decide whom it concerns, in the order of `LogEntry`."""
KNOWN = 5_000
"""How many rendered posts stay in memory."""


class EventLog:
    """Everything up to `position` has been routed; what comes after is read next."""

    def __init__(self) -> None:
        self.position = -1
        self.tail: list[LogEntry] = []
        self.nothing = Message()
        """What all replays begin with, so that readers who missed the same are told by the same message."""
        self._posts: dict[int, Rendered] = {}
        self._frames: dict[tuple[int, str, str], str] = {}
        self._forgotten = 0
        self._thread = DatabaseThreads(1, "livefeed-log")

    async def open(self) -> None:
        """Takes its stand at the log's head, remembering the tail before it."""
        self.tail = (await self._thread.run(lambda: _entries(Event.objects.order_by("-position")[:TAIL])))[::-1]
        self.position = self.tail[-1].position if self.tail else 0

    async def read(self) -> list[LogEntry]:
        """What was committed after `position`, in order, at most BATCH. Nothing moves until `passed`."""
        return await self._thread.run(lambda: _entries(Event.objects.after(self.position)[:BATCH]))

    def passed(self, entries: list[LogEntry]) -> None:
        """Moves behind `entries`, which are being routed."""
        self.tail.extend(entries)
        if len(self.tail) > 2 * TAIL:
            del self.tail[:-TAIL]
        self.position = entries[-1].position

    def since(self, position: int) -> list[LogEntry] | None:
        """What the hub has passed after `position`; None if memory does not reach back so far."""
        if position < self._floor:
            return None
        return self.tail[bisect_right(self.tail, position, key=attrgetter("position")) :]

    async def holds(self, cursor: int) -> bool:
        """Whether `cursor` is a position after which nothing has been forgotten and which has been reached."""
        if self._floor <= cursor <= self.position:
            return True
        oldest, head = await self._thread.run(Event.objects.bounds)
        return oldest - 1 <= cursor <= head

    async def head(self) -> int:
        """The position of the newest event, whether it has been read yet or not."""
        return await self._thread.run(Event.objects.head)

    async def history(self, cursor: int, where: Q) -> AsyncIterator[list[LogEntry]]:
        """The events after `cursor` up to `position`, in pages: all from memory if the tail reaches back so far, else
        from the database, only those that match `where`."""
        upto = self.position
        remembered = self.since(cursor)
        if remembered is not None:
            yield remembered
            return
        more = True
        while more:
            query = Event.objects.after(cursor).filter(where, position__lte=upto)[:PAGE]
            page = await self._thread.run(partial(_entries, query))
            yield page
            more = len(page) == PAGE
            cursor = page[-1].position if page else upto

    def forget(self, entries: list[LogEntry]) -> None:
        """Forgets the rendered posts that `entries` changed, and what was told of others."""
        self._forgotten += 1
        self._frames.clear()
        self.nothing = Message()
        for entry in entries:
            if entry.is_post:
                self._posts.pop(entry.subject_id, None)
            elif entry.is_about_author or entry.kind == Kind.FEED_RESET:
                self._posts.clear()

    async def posts(self, post_ids: Collection[int]) -> dict[int, Rendered]:
        """Posts as they are now, rendered; those that are gone or hidden are missing."""
        found = {post_id: self._posts[post_id] for post_id in post_ids if post_id in self._posts}
        missing = set(post_ids) - found.keys()
        if not missing:
            return found
        forgotten = self._forgotten
        made = await self._thread.run(lambda: _render(missing))
        if forgotten == self._forgotten:  # else this may be older than what was forgotten meanwhile
            self._posts |= made
            for oldest in list(islice(self._posts, max(0, len(self._posts) - KNOWN))):
                del self._posts[oldest]
        return found | made

    def frame(self, entry: LogEntry, posts: dict[int, Rendered], form: Form) -> str | None:
        """What those are told whom an event concerns, the same object for the same event; None if there is nothing to
        tell (the post is gone again)."""
        key = (entry.position, entry.kind, form)
        frame = self._frames.get(key)
        if frame is None and (frame := _frame(entry, posts.get(entry.subject_id), form)) is not None:
            if len(self._frames) > KNOWN:
                self._frames.clear()
            self._frames[key] = frame
        return frame

    def frames(self, entry: LogEntry, posts: dict[int, Rendered]) -> dict[Form, str]:
        """The same in every form; empty if there is nothing to tell."""
        forms: tuple[Form, ...] = ("html", "json")
        return {form: frame for form in forms if (frame := self.frame(entry, posts, form))}

    def heartbeat(self, position: int) -> str:
        """The end of a replay, the same object for the same position."""
        return self._once((position, "heartbeat", "html"), lambda: frames.heartbeat(position))

    def notice(self, position: int, unread: int) -> str:
        """How many notifications somebody has not read, the same object for all of whom it is true."""
        key = (position, f"notifications {unread}", "html")
        return self._once(key, lambda: frames.notifications(position, unread))

    def _once(self, key: tuple[int, str, str], make: Callable[[], str]) -> str:
        if key not in self._frames:
            self._frames[key] = make()
        return self._frames[key]

    async def unread(self, of: Collection[tuple[int, int]]) -> dict[int, int]:
        """How many notifications people have not read. Asked for with a post (0: none) and a person, for those people
        who were told of the post."""

        def read() -> dict[int, int]:
            people = {person for post_id, person in of if not post_id}
            for post_id in {post_id for post_id, _ in of if post_id}:
                told = Notification.objects.filter(post=post_id)
                for some in batched([person for each, person in of if each == post_id], BATCH):
                    people |= set(told.filter(recipient__in=some).values_list("recipient", flat=True))
            counts: dict[int, int] = {}
            for some in batched(people, BATCH):
                counts |= Notification.objects.unread_counts(some)
            return counts

        return await self._thread.run(read)

    async def followed(self, user_ids: list[int]) -> dict[int, set[int]]:
        """Whom each of these people follows now."""

        def read() -> dict[int, set[int]]:
            found: dict[int, set[int]] = {user_id: set() for user_id in user_ids}
            for some in batched(user_ids, BATCH):
                for follower, followed in Follow.objects.filter(follower__in=some).values_list("follower", "followed"):
                    found[follower].add(followed)
            return found

        return await self._thread.run(read)

    def close(self) -> None:
        """Ends the thread and its database connection."""
        self._thread.close()

    @property
    def _floor(self) -> int:
        return self.tail[0].position - 1 if self.tail else self.position


def _entries(query: QuerySet[Event]) -> list[LogEntry]:
    rows = query.values_list("position", "kind", "subject_id", "actor_id", "created_at", *REACH)
    return [
        LogEntry(position or 0, kind, subject_id, actor_id, created_at.timestamp(), *reach)
        for position, kind, subject_id, actor_id, created_at, *reach in rows
    ]


def _render(post_ids: Collection[int]) -> dict[int, Rendered]:
    """Renders posts, in the log's thread. One that cannot be rendered is logged, counted and left out: it must not stop
    what stands behind it."""
    made = {}
    posts = Post.objects.present().filter(pk__in=post_ids, author__is_active=True).with_related()
    for post in prefetch_pictures(list(posts)):
        try:
            made[post.pk] = frames.rendered(post, render_post(post), settings.LIVEFEED_URL)
        except Exception:
            metrics.poisoned.inc()
            logger.exception("Post %s cannot be rendered; it is left out of the live feed.", post.pk)
    metrics.renders.inc(len(made))
    return made


def _frame(entry: LogEntry, post: Rendered | None, form: Form) -> str | None:
    if entry.kind == Kind.FEED_RESET:
        return frames.reset(entry.position, frames.RESET_SPREAD)
    if entry.is_about_author:
        return frames.reset(entry.position, frames.AUTHOR_RESET_SPREAD)
    if entry.is_follow:
        return frames.reset(entry.position)
    if entry.is_notice:
        return None  # what is told differs for each reader: consumers/hub/unread_counts.py
    if entry.kind == Kind.POST_DELETED:
        return frames.post_deleted(entry.position, entry.subject_id)
    if post is None:
        return None
    return frames.post_shown(entry.kind, entry.position, post.counts if entry.is_count else getattr(post, form))
