"""The event log as the hub reads it: in the order of positions, each post rendered once for all connections.

Queries and rendering run in a thread of their own.
"""

import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from functools import partial
from itertools import islice
from operator import attrgetter

from consumers import metrics
from consumers.protocol import frames
from consumers.protocol.frames import Rendered
from consumers.protocol.message import Message
from consumers.server.db_threads import DatabaseThreads
from livefeed.live import credentials, log, notices
from livefeed.live.declarations import LiveModel, declaration_of, live_model_named, live_model_with
from livefeed.live.entries import LogEntry
from livefeed.live.readers import Form

logger = logging.getLogger(__name__)

TAIL_LENGTH = 2_000
"""Recent events that stay in memory at least, for clients that reconnect."""
MAX_CACHED_ROWS = 5_000
"""Rendered rows that stay in memory."""
MAX_CACHED_FRAMES = 5_000
"""Frames of events that stay in memory."""

Subject = tuple[str, int]
"""Name of a live model and id of one of its rows."""
HEARTBEAT = "heartbeat"


class EventLog:
    """Reader of the event log. All events up to `position` have been dispatched, or are being dispatched now."""

    def __init__(self) -> None:
        self.position = -1
        self.tail: list[LogEntry] = []
        """The latest events up to `position`, oldest first."""
        self.empty_message = Message()
        """Start of all replays. Clients that missed the same events therefore share one message."""
        self._rendered: dict[Subject, Rendered] = {}
        self._frames: dict[tuple[int, str, str], str] = {}
        self._invalidations = 0
        self._thread = DatabaseThreads(1, "livefeed-log")

    async def open(self) -> None:
        """Starts at the head of the log, with the latest events in memory."""
        self.tail = await self._thread.run(lambda: log.latest(TAIL_LENGTH))
        self.position = self.tail[-1].position if self.tail else 0

    async def read(self) -> list[LogEntry]:
        """Returns the events after `position`, in order, at most READ_LIMIT. Does not change the position."""
        return await self._thread.run(lambda: log.read_after(self.position))

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
        oldest, head = await self._thread.run(log.bounds)
        return oldest - 1 <= cursor <= head

    async def head(self) -> int:
        """Returns the position of the newest event, read or not."""
        return await self._thread.run(log.head)

    async def history(self, cursor: int, find_interest: Callable[[], log.Interest]) -> AsyncIterator[list[LogEntry]]:
        """Yields the events after `cursor` up to `position`, in pages.

        If the tail reaches back that far, all events are yielded from memory; else those that may concern a reader,
        from the database, by what `find_interest` returns.
        """
        upto = self.position
        in_memory = self.entries_after(cursor)
        if in_memory is not None:
            yield in_memory
            return
        interest = find_interest()
        while cursor < upto:
            page = await self._thread.run(partial(log.read_history, cursor, upto, interest))
            yield page.entries
            cursor = page.read_upto

    # --- Rendered rows and frames, cached ---

    def invalidate(self, entries: list[LogEntry]) -> None:
        """Removes the rows that `entries` changed from the cache, and all frames."""
        self._invalidations += 1
        self._frames.clear()
        self.empty_message = Message()
        for entry in entries:
            declaration = declaration_of(entry.kind)
            if isinstance(declaration, LiveModel):
                self._rendered.pop((declaration.name, entry.subject_id), None)
            elif declaration is not None and declaration.changes_all:
                self._rendered.clear()

    async def rendered(self, subjects: Collection[Subject]) -> dict[Subject, Rendered]:
        """Returns the frames' parts of rows in their present state. Deleted and hidden rows are missing."""
        cached = {subject: self._rendered[subject] for subject in subjects if subject in self._rendered}
        missing = set(subjects) - cached.keys()
        if not missing:
            return cached
        invalidations = self._invalidations
        rendered = await self._thread.run(lambda: _render(missing))
        if invalidations == self._invalidations:  # else a row may have changed since it was rendered
            self._cache(rendered)
        return cached | rendered

    def _cache(self, rendered: dict[Subject, Rendered]) -> None:
        """Caches rendered rows and evicts the oldest ones beyond MAX_CACHED_ROWS."""
        self._rendered |= rendered
        excess = max(0, len(self._rendered) - MAX_CACHED_ROWS)
        for oldest in list(islice(self._rendered, excess)):
            del self._rendered[oldest]

    def frame(self, entry: LogEntry, rendered: dict[Subject, Rendered], form: Form) -> str | None:
        """Returns an event's frame, the same object each time; None if there is none, because the row is gone."""
        key = (entry.position, entry.kind, form)
        frame = self._frames.get(key)
        if frame is None:
            frame = _frame(entry, rendered, form)
            if frame is not None:
                self._cache_frame(key, frame)
        return frame

    def frames(self, entry: LogEntry, rendered: dict[Subject, Rendered]) -> dict[Form, str]:
        """Returns an event's frame in each format; empty if there is none."""
        forms: tuple[Form, ...] = ("html", "json")
        return {form: frame for form in forms if (frame := self.frame(entry, rendered, form))}

    def heartbeat(self, position: int) -> str:
        """Returns the heartbeat that ends a replay, the same object for the same position."""
        return self._get_or_make_frame((position, HEARTBEAT, "html"), lambda: frames.heartbeat(position))

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
        """Returns numbers of unread notifications by user id; see `livefeed.live.notices.unread_counts`."""
        return await self._thread.run(lambda: notices.unread_counts(recipients))

    async def followed(self, user_ids: list[int]) -> dict[int, set[int]]:
        """Returns the ids of the authors that each user follows now, by user id."""
        return await self._thread.run(lambda: credentials.followed_by(user_ids))

    def close(self) -> None:
        """Stops the thread and closes its database connection."""
        self._thread.close()

    @property
    def _first_in_memory(self) -> int:
        """The lowest position from which memory holds all later events."""
        return self.tail[0].position - 1 if self.tail else self.position


def subject_to_render(entry: LogEntry) -> Subject | None:
    """Returns the row whose contents the frame of an event needs; None if it needs none."""
    live_model = live_model_with(entry.kind)
    if live_model and live_model.part_of(entry.kind, "html"):
        return live_model.name, entry.subject_id
    return None


def _render(subjects: Iterable[Subject]) -> dict[Subject, Rendered]:
    """Renders rows. A row that cannot be rendered is logged, counted and left out, so that it does not block the events
    after it."""
    ids_by_name: dict[str, list[int]] = {}
    for name, subject_id in subjects:
        ids_by_name.setdefault(name, []).append(subject_id)
    rendered = {}
    for name, ids in ids_by_name.items():
        live_model = live_model_named(name)
        for instance in live_model.fetch(ids):
            try:
                rendered[name, instance.pk] = frames.rendered(live_model.parts(instance))
            except Exception:
                metrics.poisoned.inc()
                logger.exception("%s %s cannot be rendered; it is left out of the live feed.", name, instance.pk)
    metrics.renders.inc(len(rendered))
    return rendered


def _frame(entry: LogEntry, rendered: dict[Subject, Rendered], form: Form) -> str | None:
    """Builds an event's frame in one format; None if the event has no common frame or its row is gone."""
    declaration = declaration_of(entry.kind)
    if declaration is None:
        return None
    if not isinstance(declaration, LiveModel):
        within = declaration.reload_within
        return None if within is None else frames.reset(entry.position, within)
    part = declaration.part_of(entry.kind, form)
    if part is None:
        return frames.deleted(entry.kind, entry.position, entry.subject_id)
    row = rendered.get((declaration.name, entry.subject_id))
    return None if row is None else frames.shown(entry.kind, entry.position, row[part])
