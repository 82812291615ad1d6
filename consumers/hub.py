"""The heart: one hub per process reads the log and tells every connection what concerns it.

It is woken by a ring or by its tick, reads the log behind its position, renders each post once and routes it. A ring
that is lost, late, doubled or out of order changes nothing but the delay.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self
from weakref import WeakKeyDictionary

from consumers import frames
from consumers.bell import Bell
from consumers.connection import Connection, is_number
from consumers.index import Index, concerns
from consumers.log import BATCH, Entry, Kind, Log, told
from consumers.replay import replay
from livefeed import events, health

logger = logging.getLogger(__name__)

TICK = 2.0
"""Seconds after which the log is read although nobody rang."""
SLICE = 0.005
"""Seconds of writing after which everything else gets its turn."""
REST = 0.1
"""Seconds at most between two rounds of writing. The hub rests as long as it wrote: posts that come meanwhile go out
joined in one write for each socket, and whoever posts has the loop for half of the time. Alone, a post never waits."""
STALE = 10.0
"""Seconds without a look at the log after which the hub counts as not working."""


class Resets:
    """Counts those who must read anew, so that a crowd of them spreads out and a single one does not wait."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def spread(self) -> int:
        """Seconds within which the next one should read anew: none, up to frames.RESET_SPREAD for a crowd."""
        now = time.monotonic()
        self._times.append(now)
        while now - self._times[0] > frames.RESET_SPREAD:
            self._times.popleft()
        return min(frames.RESET_SPREAD, len(self._times) // 20)


class Hub:
    """Reads the log for all connections of one event loop."""

    _running: WeakKeyDictionary[asyncio.AbstractEventLoop, Self] = WeakKeyDictionary()

    @classmethod
    def current(cls) -> Self:
        """The hub of the running loop; started by the first to ask, since daphne never says that it has started."""
        loop = asyncio.get_running_loop()
        hub = cls._running.get(loop)
        if hub is None:
            hub = cls._running[loop] = cls(loop)
        return hub

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.log = Log()
        self.index = Index()
        self._loop = loop
        self._rung = asyncio.Event()
        self._looked = asyncio.Condition()
        self._looked_at = time.monotonic()
        self._beat_at = time.monotonic()
        self.failures = 0
        self._told = -1
        self._rest_until = 0.0
        self._resets = Resets()
        self._bell = Bell(self._rung.set)
        self._task = loop.create_task(self._run())
        events.add_bell(self.ring)
        health.probes |= {"hub": self._probe, "layer": self._bell.probe}

    async def stop(self) -> None:
        """Ends everything the hub started."""
        events.remove_bell(self.ring)
        for name in ("hub", "layer"):
            health.probes.pop(name, None)
        self._running.pop(self._loop, None)
        self._task.cancel()
        await asyncio.gather(self._task, self._bell.stop(), return_exceptions=True)
        await self._loop.run_in_executor(None, self.log.close)

    def ring(self) -> None:
        """Something was committed in this process: look at once and tell the others. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._rung.set()
        self._bell.ring_others()

    # --- Connections ---

    async def join(self, connection: Connection, cursor: str | None) -> None:
        """Brings a new connection to where the hub stands, then routes to it: no gap and no doubles, since nothing else
        runs between the last look at the position and `index.add`. `cursor` is what the reader says it has passed."""
        start = await self._start(connection, cursor)
        missed: list[str] | None = None if start is None else []
        at = start or 0
        while missed is not None and at < self.log.position:
            upto = self.log.position
            found = await replay(self.log, connection, at)
            missed, at = None if found is None else [*missed, *found], upto
        self.index.add(connection)
        await self._welcome(connection, start, missed)

    def leave(self, connection: Connection) -> None:
        """Stops routing to a connection. Harmless if it never joined."""
        self.index.remove(connection)

    async def show(self, connection: Connection, post_ids: list[int]) -> None:
        """Notes which posts a page shows. What it has only now come to show may have changed between its reading and
        this word of it: what the tail knows of those is told again, and the page keeps the newer version."""
        added = connection.show(post_ids)
        changed = {entry.subject_id: entry for entry in self.log.tail if entry.is_post and entry.subject_id in added}
        due = [entry for entry in changed.values() if concerns(connection, entry)]
        if due:
            posts = await self.log.posts([entry.subject_id for entry in due])
            await self._write({connection: told(due, posts)})

    async def now(self) -> int:
        """The log's head, once the hub has told everything up to it."""
        await self.until_at(0)
        head = await self.log.head()
        await self.until_at(head)
        return head

    async def _start(self, connection: Connection, cursor: str | None) -> int | None:
        """The position a reader goes on from; None if it names none that the log still holds."""
        if cursor is None:
            return connection.opened_at
        if not (is_number(cursor) and await self.log.holds(int(cursor))):
            return None
        await self.until_at(int(cursor))
        return int(cursor)

    async def _welcome(self, connection: Connection, start: int | None, missed: list[str] | None) -> None:
        position = self.log.position
        await self._tell(connection, frames.message([frames.hello(position if start is None else start)]))
        if missed is None:
            await self._tell(connection, frames.message([frames.reset(position, self._resets.spread())]))
        elif start != position:
            await self._tell(connection, frames.message([*missed, frames.heartbeat(position)]))

    async def until_at(self, position: int) -> None:
        """Waits until all up to `position` has been told. A page may have read the log a moment before the hub does."""
        if self._told < position:
            self._rung.set()
            async with self._looked:
                await self._looked.wait_for(lambda: self._told >= position)

    # --- The loop ---

    async def _run(self) -> None:
        """Looks at the log for ever; after a failure (the database is away, say) again a second later."""
        await self._bell.start()
        while True:
            try:
                await self._look()
            except Exception:
                self.failures += 1
                logger.exception("The hub failed and goes on in a second.")
                await asyncio.sleep(1)

    async def _look(self) -> None:
        if self.log.position < 0:
            await self.log.open()
        else:
            await self._wait()
            entries = await self.log.read()
            if entries:
                await self._route(entries)
            if len(entries) == BATCH:
                self._rung.set()
            await self._beat()
        self._looked_at, self._told = time.monotonic(), self.log.position
        async with self._looked:
            self._looked.notify_all()

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK):
                await self._rung.wait()
        await asyncio.sleep(self._rest_until - time.monotonic())
        self._rung.clear()

    async def _route(self, entries: list[Entry]) -> None:
        """Tells everybody whom `entries` concern, in their order. The position moves before the writing starts: who
        joins meanwhile has these events from its replay."""
        self.log.forget(entries)
        followed = await self._followed_after(entries)
        posts = await self._posts_for(entries)
        outbox: defaultdict[Connection, list[str]] = defaultdict(list)
        for entry in entries:
            if frame := entry.frame(posts):
                for connection in self.index.audience(entry):
                    outbox[connection].append(frame)
            self.index.apply(entry)
        self.index.follow_anew(followed)
        self.log.passed(entries)
        began = time.monotonic()
        await self._write(outbox)
        ended = time.monotonic()
        self._rest_until = ended + min(ended - began, REST)

    async def _followed_after(self, entries: list[Entry]) -> dict[int, set[int]]:
        """Whom everybody follows, if `entries` say that rows were written which no signal saw. Read before anything is
        passed: a reading that fails is done again with the whole batch."""
        if all(entry.kind != Kind.FEED_RESET for entry in entries):
            return {}
        return await self.log.followed(self.index.viewer_ids())

    async def _posts_for(self, entries: list[Entry]) -> dict[int, str]:
        """Renders what somebody will be told, again if somebody joined meanwhile who needs more."""
        posts: dict[int, str] = {}
        asked: set[int] = set()
        while missing := self._wanted(entries) - asked:
            asked |= missing
            posts |= await self.log.posts(missing)
        return posts

    def _wanted(self, entries: list[Entry]) -> set[int]:
        changes_audiences = any(entry.is_follow for entry in entries)
        return {
            entry.subject_id
            for entry in entries
            if entry.kind in (Kind.POST_CREATED, Kind.POST_UPDATED)
            and (changes_audiences or next(self.index.audience(entry), None))
        }

    async def _beat(self) -> None:
        """Sends everybody a heartbeat when one is due. All of them stand where the hub stands: it writes nothing else
        meanwhile."""
        if time.monotonic() - self._beat_at >= frames.HEARTBEAT - TICK / 2:
            self._beat_at = time.monotonic()
            beat = [frames.heartbeat(self.log.position)]
            await self._write(dict.fromkeys(self.index.connections, beat))

    async def _write(self, outbox: Mapping[Connection, list[str]]) -> None:
        """Sends each connection what is due to it as one message, in slices of SLICE seconds."""
        messages: dict[tuple[int, ...], dict[str, Any]] = {}
        pause_at = time.perf_counter() + SLICE
        for connection, due in outbox.items():
            if not due:
                continue
            key = tuple(map(id, due))
            message = messages.get(key) or messages.setdefault(key, frames.message(due))
            await self._tell(connection, message)
            if time.perf_counter() > pause_at:
                await asyncio.sleep(0)
                pause_at = time.perf_counter() + SLICE

    async def _tell(self, connection: Connection, message: dict[str, Any]) -> None:
        """Sends one message; a socket that fails is dropped and does not stop the others."""
        try:
            await connection.send(message)
        except Exception:
            logger.exception("A socket failed and is dropped.")
            self.index.remove(connection)

    def _probe(self) -> str | None:
        """What is wrong with the hub, for /readyz."""
        age = time.monotonic() - self._looked_at
        return f"has not looked at the log for {age:.0f} s" if age > STALE else None
