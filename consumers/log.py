"""The log as the hub reads it: by position, in order, each subject rendered once for all.

Database work and rendering happen in one thread of its own.
"""

import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import batched, islice
from operator import attrgetter

from django.db.models import Q, QuerySet

from consumers import frames
from consumers.threads import ReaderThreads
from livefeed.models import Event, Follow, Post
from livefeed.rendering import render_post

logger = logging.getLogger(__name__)

BATCH = 500
"""How many events one read brings at most."""
TAIL = 2_000
"""How many recent events stay in memory, for those who come back."""
PAGE = 200
"""How many events a replay from the database reads at once."""
KNOWN = 5_000
"""How many rendered posts stay in memory."""

Kind = Event.Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, as read from the log."""

    position: int
    kind: str
    subject_id: int
    actor_id: int

    @property
    def is_post(self) -> bool:
        return self.kind in (Kind.POST_CREATED, Kind.POST_UPDATED, Kind.POST_DELETED)

    @property
    def is_follow(self) -> bool:
        return self.kind in (Kind.FOLLOW_CREATED, Kind.FOLLOW_REMOVED)

    def frame(self, posts: dict[int, str]) -> str | None:
        """What those are told whom it concerns; None if there is nothing to tell (the post is gone again)."""
        if self.kind == Kind.FEED_RESET:
            return frames.reset(self.position, frames.RESET_SPREAD)
        if self.is_follow:
            return frames.reset(self.position)
        if self.kind == Kind.POST_DELETED:
            return frames.post_deleted(self.position, self.subject_id)
        post = posts.get(self.subject_id)
        return frames.post_shown(self.kind, self.position, post) if post else None


def told(entries: Iterable[Entry], posts: dict[int, str]) -> list[str]:
    """The frames of `entries`, less those with nothing to tell."""
    return [frame for entry in entries if (frame := entry.frame(posts))]


class Log:
    """Everything up to `position` has been routed; what comes after is read next."""

    def __init__(self) -> None:
        self.position = -1
        self.poisoned = 0
        self.tail: list[Entry] = []
        self._posts: dict[int, str] = {}
        self._forgotten = 0
        self._thread = ReaderThreads(1, "livefeed-log")

    async def open(self) -> None:
        """Takes its stand at the log's head, remembering the tail before it."""
        self.tail = (await self._thread.run(lambda: _entries(Event.objects.order_by("-position")[:TAIL])))[::-1]
        self.position = self.tail[-1].position if self.tail else 0

    async def read(self) -> list[Entry]:
        """What was committed after `position`, in order, at most BATCH. Nothing moves until `passed`."""
        return await self._thread.run(lambda: _entries(Event.objects.after(self.position)[:BATCH]))

    def passed(self, entries: list[Entry]) -> None:
        """Moves behind `entries`, which are being routed."""
        self.tail.extend(entries)
        if len(self.tail) > 2 * TAIL:
            del self.tail[:-TAIL]
        self.position = entries[-1].position

    async def holds(self, cursor: int) -> bool:
        """Whether `cursor` is a position after which nothing has been forgotten and which has been reached."""
        if self._floor <= cursor <= self.position:
            return True
        oldest, head = await self._thread.run(Event.objects.bounds)
        return oldest - 1 <= cursor <= head

    async def head(self) -> int:
        """The position of the newest event, whether it has been read yet or not."""
        return await self._thread.run(Event.objects.head)

    async def history(self, cursor: int, where: Q) -> AsyncIterator[list[Entry]]:
        """The events after `cursor` up to `position`, in pages: all from memory if the tail reaches back so far, else
        from the database, only those that match `where`."""
        upto = self.position
        if cursor >= self._floor:
            yield self.tail[bisect_right(self.tail, cursor, key=attrgetter("position")) :]
            return
        more = True
        while more:
            query = Event.objects.after(cursor).filter(where, position__lte=upto)[:PAGE]
            page = await self._thread.run(partial(_entries, query))
            yield page
            more = len(page) == PAGE
            cursor = page[-1].position if page else upto

    def forget(self, entries: list[Entry]) -> None:
        """Forgets the rendered posts that `entries` changed."""
        self._forgotten += 1
        for entry in entries:
            if entry.is_post:
                self._posts.pop(entry.subject_id, None)

    async def posts(self, post_ids: Collection[int]) -> dict[int, str]:
        """Posts as `frames.encode_post` gives them, as they are now; those that are gone or hidden are missing."""
        found = {post_id: self._posts[post_id] for post_id in post_ids if post_id in self._posts}
        missing = set(post_ids) - found.keys()
        if not missing:
            return found
        forgotten = self._forgotten
        rendered = await self._thread.run(lambda: self._render(missing))
        if forgotten == self._forgotten:  # else this may be older than what was forgotten meanwhile
            self._posts |= rendered
            for oldest in list(islice(self._posts, max(0, len(self._posts) - KNOWN))):
                del self._posts[oldest]
        return found | rendered

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

    def _render(self, post_ids: Collection[int]) -> dict[int, str]:
        """Renders posts, in the log's thread. One that cannot be rendered is logged, counted and left out: it must not
        stop what stands behind it."""
        rendered = {}
        for post in Post.objects.visible_to(None).select_related("author").filter(pk__in=post_ids):
            try:
                html = render_post(post)
            except Exception:
                self.poisoned += 1
                logger.exception("Post %s cannot be rendered; it is left out of the live feed.", post.pk)
                continue
            rendered[post.pk] = frames.encode_post(post.pk, post.version, post.sort_key, html)
        return rendered


def _entries(query: QuerySet[Event]) -> list[Entry]:
    rows = query.values_list("position", "kind", "subject_id", "actor_id")
    return [Entry(position or 0, kind, subject_id, actor_id) for position, kind, subject_id, actor_id in rows]
