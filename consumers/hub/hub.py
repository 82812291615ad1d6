"""The heart: one hub per process reads the log and tells every connection what concerns it.

It is woken by a ring or by its tick, reads the log behind its position, renders each post once and routes it. A ring
that is lost, late, doubled or out of order changes nothing but the delay.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import batched, groupby
from typing import Self
from weakref import WeakKeyDictionary

from consumers import metrics
from consumers.connections.admission import ConnectionManager, credentials_of
from consumers.connections.authorization import RefusedError
from consumers.connections.connection import Connection, Credential
from consumers.hub.audience import should_deliver
from consumers.hub.delivery import Delivery
from consumers.hub.event_log import BATCH, EventLog
from consumers.hub.layer_notifier import LayerNotifier
from consumers.hub.log_entry import Kind, LogEntry, without_older_counts
from consumers.hub.maintenance import Maintenance
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.time_slice import TimeSlice
from consumers.hub.unread_counts import Unread, UnreadCounts
from consumers.presence import Presence
from consumers.protocol.frames import Form, Rendered
from consumers.protocol.message import Message
from livefeed.live import publishing
from livefeed.observability import health

logger = logging.getLogger(__name__)

TICK = 2.0
"""Seconds after which the log is read although nobody rang."""
REST = 0.1
"""Seconds at most between two rounds of writing. The hub rests as long as it wrote, and twice as long as the last time
while posts keep coming before it has rested: they go out joined, in one write for each socket, and whoever posts has
the loop. A post that comes alone never waits."""
COUNTS, GLANCE = 0.25, 0.02
"""Seconds between two times that nothing but counts and notices is told, and between two looks for something else
meanwhile."""
STALE = 10.0
"""Seconds without a look at the log after which the hub counts as not working."""
ROUTED_AT_ONCE = 500
"""Connections that are asked before the hub looks at the time."""


@dataclass
class Needed:
    """What must be read from the database before some entries are routed."""

    posts: dict[int, Rendered] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    revocation_reasons: dict[Credential, RefusedError | None] = field(default_factory=dict)
    followed: dict[int, set[int]] = field(default_factory=dict)
    unread: Unread = field(default_factory=Unread)


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
        self.log = EventLog()
        self.subscriptions = Subscriptions()
        self.delivery = Delivery(self.log, self.subscriptions)
        self.unread_counts = UnreadCounts(self.log, self.subscriptions)
        self.connections = ConnectionManager(self.log, self.subscriptions, self.delivery, self.until_told)
        self.maintenance = Maintenance(self.log, self.subscriptions, self.delivery, self.connections)
        self._loop = loop
        self._rung = asyncio.Event()
        self._looked = asyncio.Condition()
        self._looked_at = time.monotonic()
        self._rest, self._rest_until, self._counts_due = 0.0, 0.0, 0.0
        self._closings: set[asyncio.Task[None]] = set()
        self.presence = Presence(self.subscriptions, loop)
        self._notifier = LayerNotifier(self._rung.set, self.presence.answer)
        self._start()
        publishing.add_wakeup_listener(self.ring)
        health.probes |= {"hub": self._probe, "layer": self._notifier.probe}

    def _start(self) -> None:
        """Runs the loop, and again if anything ends it but `stop`."""
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._running.get(self._loop) is self and not self._loop.is_closed():
            metrics.failures.inc()
            logger.error("The hub was ended and starts again.")
            self._start()

    async def stop(self) -> None:
        """Ends everything the hub started."""
        publishing.remove_wakeup_listener(self.ring)
        for name in ("hub", "layer"):
            health.probes.pop(name, None)
        self._running.pop(self._loop, None)
        self._task.cancel()
        self.delivery.stop()
        await asyncio.gather(self._task, self._notifier.stop(), return_exceptions=True)
        for each in (self.presence, self.log, self.connections.authenticator, self.maintenance):
            await self._loop.run_in_executor(None, each.close)

    def ring(self) -> None:
        """Something was committed in this process: look at once and tell the others. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._rung.set()
        self._notifier.notify_peers()

    async def now(self) -> int:
        """The log's head, once everybody has been told everything up to it."""
        await self.until_told(0)
        head = await self.log.head()
        await self.until_told(head)
        return head

    async def until_told(self, position: int) -> None:
        """Waits until all up to `position` has been told."""
        if self.delivery.settled < position:
            self._rung.set()
            async with self._looked:
                await self._looked.wait_for(lambda: self.delivery.settled >= position)

    # --- The loop ---

    async def _run(self) -> None:
        """Looks at the log for ever; after a failure (the database is away, say) again a second later."""
        await self._notifier.start()
        while True:
            try:
                await self._look()
            except Exception:
                metrics.failures.inc()
                logger.exception("The hub failed and goes on in a second.")
                await asyncio.sleep(1)

    async def _look(self) -> None:
        if self.log.position < 0:
            await self.log.open()
            self.delivery.settled = self.log.position
        else:
            is_rung = await self._wait()
            entries = await self._read_log()
            if entries:
                metrics.rings_lost.inc(not is_rung)
                await self._route(entries)
            if len(entries) == BATCH:
                self._rung.set()
            await self.maintenance.make()
        self._looked_at = time.monotonic()
        async with self._looked:
            self._looked.notify_all()

    async def _read_log(self) -> list[LogEntry]:
        """What comes next; counts and notices alone wait for company until it is their time again."""
        entries = await self.log.read()
        while 0 < len(entries) < BATCH and all(entry.can_wait for entry in entries):
            if (rest := self._counts_due - time.monotonic()) <= 0:
                self._counts_due = time.monotonic() + COUNTS
                break
            await asyncio.sleep(min(rest, GLANCE))
            entries = await self.log.read()
        return entries

    async def _wait(self) -> bool:
        """Waits for a ring, or for the tick; says whether it was a ring."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), TICK)
        is_rung = self._rung.is_set()
        if (rest := self._rest_until - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        else:
            self._rest = 0.0
        self._rung.clear()
        return is_rung

    async def _route(self, entries: list[LogEntry]) -> None:
        """Tells everybody whom `entries` concern, in their order. Nothing is lost if this fails before the log has
        passed them: they are read again. The position moves before anybody is told: who joins meanwhile has these
        events from its replay."""
        self.log.forget(entries)
        needed = await self._read(entries)
        self._revoke(entries, needed)
        self.log.passed(entries)
        began = time.monotonic()
        try:
            await self.delivery.write(await self._address(entries, needed))
        except BaseException:
            self._recover(entries, needed)
            raise
        ended = time.monotonic()
        self._rest = min(max(ended - began, 2 * self._rest), REST)
        self._rest_until = ended + self._rest
        for entry in entries:
            metrics.delay.observe(max(0.0, time.time() - entry.saved_at))

    def _recover(self, entries: list[LogEntry], needed: Needed) -> None:
        """Lets the index know all of `entries`, some of them for the second time, and catches up whom they concern."""
        for entry in entries:
            self.subscriptions.apply(entry)
        self.subscriptions.replace_follows(needed.followed)
        self.delivery.recover()

    async def _address(self, entries: list[LogEntry], needed: Needed) -> dict[Connection, Message]:
        """What is due to each connection."""
        outbox: dict[Connection, Message] = {}
        nothing, pace = Message(), TimeSlice()
        for _, group in groupby(without_older_counts(entries), self.subscriptions.audience_key):
            run = list(group)
            first, extended = run[0], self._extensions(run, needed)
            for some in batched(list(self.subscriptions.candidates(first)) if extended else (), ROUTED_AT_ONCE):
                for connection in some:
                    if connection.position < first.position and should_deliver(connection, first):
                        outbox[connection] = extended[connection.form](outbox.get(connection, nothing))
                if pace.is_used_up:
                    await pace.yield_control()
            for entry in run:
                self.subscriptions.apply(entry)
        self.subscriptions.replace_follows(needed.followed)
        self.unread_counts.address(needed.unread, outbox, nothing)
        pace.end()
        return outbox

    def _extensions(self, run: list[LogEntry], needed: Needed) -> dict[Form, Callable[[Message], Message]]:
        """For each form, what makes of a message the one that tells of `run` as well; empty if there is nothing to
        tell."""
        told = [frames for entry in run if (frames := self.log.frames(entry, needed.posts))]
        forms: Iterable[Form] = told[0] if told else ()
        return {form: _extension([frames[form] for frames in told]) for form in forms}

    def _revoke(self, entries: list[LogEntry], needed: Needed) -> None:
        """Ends the connections whose rights are gone, before anything else is told."""
        for connection in self._whose_rights_changed(entries):
            if connection.credential and (why := needed.revocation_reasons[connection.credential]):
                self.connections.remove(connection)
                closing = self._loop.create_task(self.connections.close(connection, why))
                self._closings.add(closing)
                closing.add_done_callback(self._closings.discard)

    # --- What must be read before routing ---

    async def _read(self, entries: list[LogEntry]) -> Needed:
        """Reads it, and again if somebody joined meanwhile who needs more."""
        needed = Needed()
        while True:
            posts = self._posts_told(entries) - needed.asked
            rights = credentials_of(self._whose_rights_changed(entries)) - needed.revocation_reasons.keys()
            follows = self._whose_follows_changed(entries) - needed.followed.keys()
            has_notices = await self.unread_counts.read(entries, needed.unread)
            if not (posts or rights or follows or has_notices):
                return needed
            if rights:
                needed.revocation_reasons |= await self.connections.authenticator.revocation_reasons(rights)
            if follows:
                needed.followed |= await self.log.followed(list(follows))
            needed.posts |= await self.log.posts(posts)
            needed.asked |= posts

    def _posts_told(self, entries: list[LogEntry]) -> set[int]:
        """The posts that somebody will be told of, or may be, once a follow before them counts."""
        all_may = any(entry.is_follow for entry in entries)
        shown = (entry for entry in entries if entry.shows_post)
        return {entry.subject_id for entry in shown if all_may or self.subscriptions.has_audience(entry)}

    def _whose_rights_changed(self, entries: Iterable[LogEntry]) -> list[Connection]:
        people = {entry.actor_id for entry in entries if entry.is_about_rights}
        viewers = [viewer for user_id in people if (viewer := self.subscriptions.viewers.get(user_id))]
        return [connection for viewer in viewers for connection in viewer.connections]

    def _whose_follows_changed(self, entries: Iterable[LogEntry]) -> set[int]:
        """Everybody, if rows were written that no signal saw."""
        return set(self.subscriptions.viewers) if any(entry.kind == Kind.FEED_RESET for entry in entries) else set()

    def _probe(self) -> str | None:
        """What is wrong with the hub, for /readyz."""
        age = time.monotonic() - self._looked_at
        return f"has not looked at the log for {age:.0f} s" if age > STALE else None


def _extension(frames: list[str]) -> Callable[[Message], Message]:
    """What makes of a message the one that tells of `frames` as well; asked a thousand times, it works once."""
    return cache(lambda message: message.and_then(*frames))
