"""Hub: the dispatcher of one process. Reads the event log and fans events out to the connections.

The hub reads the log after its position when it is woken up or after POLL_INTERVAL seconds, renders each post once and
dispatches the events. A wakeup that is lost, late, doubled or out of order only changes the delay.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, Self
from weakref import WeakKeyDictionary

from consumers import metrics
from consumers.connections.admission import ConnectionManager
from consumers.hub.delivery import Delivery
from consumers.hub.dispatch import Dispatcher
from consumers.hub.ephemeral_events import EphemeralEvents
from consumers.hub.event_log import EventLog
from consumers.hub.layer_notifier import EPHEMERAL, WAKEUP, LayerNotifier
from consumers.hub.maintenance import Maintenance
from consumers.hub.peers import ASKED, Peers
from consumers.hub.prefetch import Prefetched, Prefetcher
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.unread_counts import UnreadCounts
from consumers.presence import Presence
from consumers.trace_finder import TraceFinder
from livefeed.live import ephemeral, publishing
from livefeed.live.declarations import coalesced_kinds
from livefeed.live.entries import LogEntry
from livefeed.live.ephemeral import EphemeralEvent
from livefeed.live.log import READ_LIMIT
from livefeed.live.tracing import Round, record_round
from livefeed.observability import health

logger = logging.getLogger(__name__)

POLL_INTERVAL = 2.0
"""Seconds after which the log is read even without a wakeup."""
MAX_WRITE_PAUSE = 0.1
"""Seconds at most between two rounds of writing.

After a round the hub pauses for as long as the round took, and for twice the previous pause while further posts arrive
during the pauses. Posts of a burst are then joined into one write for each socket, and request threads get CPU time. A
single post is never delayed.
"""
COUNTS_INTERVAL = 0.25
"""Seconds between two rounds that deliver only counts and notices."""
COUNTS_POLL_INTERVAL = 0.02
"""Seconds between two reads during that interval: any other event ends it."""
RETRY_INTERVAL = 1.0
"""Seconds before the next attempt after a failure."""
READ_TIMEOUT = 10.0
"""Seconds without a read of the log after which the hub is reported as failing."""


class Hub:
    """Reads the log for all connections of one event loop."""

    _running: WeakKeyDictionary[asyncio.AbstractEventLoop, Self] = WeakKeyDictionary()

    @classmethod
    def current(cls) -> Self:
        """Returns the hub of the running loop. The first call starts it, since daphne has no startup event."""
        loop = asyncio.get_running_loop()
        hub = cls._running.get(loop)
        if hub is None:
            hub = cls._running[loop] = cls(loop)
        return hub

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.log = EventLog()
        self.subscriptions = Subscriptions()
        self.delivery = Delivery(self.log, self.subscriptions)
        self.connections = ConnectionManager(self.log, self.subscriptions, self.delivery, self.wait_until_delivered)
        self.maintenance = Maintenance(self.log, self.subscriptions, self.delivery, self.connections)
        self.peers = Peers(loop)
        self.presence = Presence(self.subscriptions, self.peers)
        self.trace_finder = TraceFinder(self.subscriptions, self.peers)
        unread_counts = UnreadCounts(self.log, self.subscriptions)
        authenticator = self.connections.authenticator
        self._prefetcher = Prefetcher(self.log, self.subscriptions, authenticator, unread_counts)
        self._dispatcher = Dispatcher(self.log, self.subscriptions, unread_counts)
        self._loop = loop
        self._wakeup = asyncio.Event()
        self._caught_up = asyncio.Condition()
        self._read_at = time.monotonic()
        self._pause = 0.0
        self._paused_until = 0.0
        self._counts_due_at = 0.0
        self._round = Round()
        self._closings: set[asyncio.Task[None]] = set()
        self._ephemeral_events = EphemeralEvents(self.subscriptions, self.delivery)
        self._notifier = LayerNotifier(
            {
                WAKEUP: lambda message: self._wakeup.set(),
                EPHEMERAL: self._receive_events,
                ASKED: self.peers.answer,
            }
        )
        self._start()
        publishing.add_wakeup_listener(self.wake_up)
        ephemeral.add_listener(self.send_event)
        health.probes |= {"hub": self._probe, "layer": self._notifier.probe}

    def _start(self) -> None:
        """Starts the loop. It is restarted if anything but `stop` ends it."""
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(self._restart)

    def _restart(self, task: asyncio.Task[None]) -> None:
        if self._running.get(self._loop) is self and not self._loop.is_closed():
            metrics.failures.inc()
            logger.error("The hub was ended and starts again.")
            self._start()

    async def stop(self) -> None:
        """Stops everything that the hub started."""
        publishing.remove_wakeup_listener(self.wake_up)
        ephemeral.remove_listener(self.send_event)
        for name in ("hub", "layer"):
            health.probes.pop(name, None)
        self._running.pop(self._loop, None)
        self._task.cancel()
        self.delivery.stop()
        self._ephemeral_events.stop()
        await asyncio.gather(self._task, self._notifier.stop(), return_exceptions=True)
        for resource in (self.presence, self.trace_finder, self.log, self.connections.authenticator, self.maintenance):
            await self._loop.run_in_executor(None, resource.close)

    def wake_up(self) -> None:
        """Called when this process has committed an event. Wakes the hub up and notifies the other processes.
        Thread-safe."""
        self._loop.call_soon_threadsafe(self._wake_up)

    def _wake_up(self) -> None:
        self._wakeup.set()
        self._notifier.notify_peers()

    def send_event(self, event: EphemeralEvent) -> None:
        """Delivers an ephemeral event of this process, here and in the other processes. Thread-safe."""
        self._loop.call_soon_threadsafe(self._send_event, event)

    def _send_event(self, event: EphemeralEvent) -> None:
        self._ephemeral_events.deliver(event)
        self._notifier.send_event(event.as_message())

    def _receive_events(self, message: dict[str, Any]) -> None:
        """Called with the ephemeral events of another process."""
        for event in message["events"]:
            self._ephemeral_events.deliver(EphemeralEvent.from_message(event))

    async def wait_until_idle(self) -> int:
        """Waits until all events in the log at this moment have been delivered; returns the position of the last."""
        await self.wait_until_delivered(0)
        head = await self.log.head()
        await self.wait_until_delivered(head)
        return head

    async def wait_until_delivered(self, position: int) -> None:
        """Waits until all events up to `position` have been delivered."""
        if self.delivery.position < position:
            self._wakeup.set()
            async with self._caught_up:
                await self._caught_up.wait_for(lambda: self.delivery.position >= position)

    # --- The loop ---

    async def _run(self) -> None:
        """Runs the loop forever. After a failure, for example of the database, continues after RETRY_INTERVAL."""
        await self._notifier.start()
        while True:
            try:
                await self._run_once()
            except Exception:
                metrics.failures.inc()
                logger.exception("The hub failed and retries in a second.")
                await asyncio.sleep(RETRY_INTERVAL)

    async def _run_once(self) -> None:
        """Waits for a wakeup, dispatches the next events and runs the periodic jobs that are due."""
        if self.log.position < 0:
            await self.log.open()
            self.delivery.position = self.log.position
        else:
            await self._dispatch_next(await self._wait_for_wakeup())
            await self.maintenance.run_due_jobs()
        self._read_at = time.monotonic()
        async with self._caught_up:
            self._caught_up.notify_all()

    async def _dispatch_next(self, was_woken_up: bool) -> None:
        """Dispatches at most READ_LIMIT events; with more in the log, the next read follows at once."""
        entries = await self._read_log()
        if entries:
            if not was_woken_up:
                metrics.rings_lost.inc()
            await self._dispatch(entries)
        if len(entries) == READ_LIMIT:
            self._wakeup.set()

    async def _wait_for_wakeup(self) -> bool:
        """Waits for a wakeup or POLL_INTERVAL, and for the end of the pause. True if there was a wakeup."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wakeup.wait(), POLL_INTERVAL)
        was_woken_up = self._wakeup.is_set()
        remaining = self._paused_until - time.monotonic()
        if remaining > 0:
            await asyncio.sleep(remaining)
        else:
            self._pause = 0.0
        self._wakeup.clear()
        return was_woken_up

    async def _read_log(self) -> list[LogEntry]:
        """Returns the next events. If they are all counts and notices, waits until COUNTS_INTERVAL has passed since the
        last such round, or another event arrives."""
        entries = await self._read_once()
        while 0 < len(entries) < READ_LIMIT and all(entry.kind in coalesced_kinds for entry in entries):
            remaining = self._counts_due_at - time.monotonic()
            if remaining <= 0:
                self._counts_due_at = time.monotonic() + COUNTS_INTERVAL
                break
            await asyncio.sleep(min(remaining, COUNTS_POLL_INTERVAL))
            entries = await self._read_once()
        return entries

    async def _read_once(self) -> list[LogEntry]:
        """Reads the log, and begins to time the round that may follow."""
        self._round = Round()
        entries = await self.log.read()
        self._round.mark()
        return entries

    # --- One round of dispatching ---

    async def _dispatch(self, entries: list[LogEntry]) -> None:
        """Delivers `entries` to all connections that they concern, in the order of the log.

        A failure before `log.advance` loses nothing: the entries are read again. The position moves before the first
        delivery, so a connection that joins meanwhile receives these events from its replay.
        """
        self.log.invalidate(entries)
        prefetched = await self._prefetcher.read(entries)
        self._round.mark()
        self._close_revoked(entries, prefetched)
        self.log.advance(entries)
        started_at = time.monotonic()
        try:
            messages = await self._dispatcher.messages_for(entries, prefetched)
            self._round.mark()
            await self.delivery.write(messages, self._round)
        except BaseException:
            self._recover(entries, prefetched)
            raise
        self._round.mark()
        record_round(entries, self._round)
        self._pause_after(started_at)
        for entry in entries:
            metrics.delay.observe(max(0.0, time.time() - entry.saved_at))

    def _close_revoked(self, entries: list[LogEntry], prefetched: Prefetched) -> None:
        """Stops delivery to connections whose rights are revoked and closes them, before anything is delivered."""
        for connection in self._prefetcher.connections_with_changed_rights(entries):
            if connection.credential and (reason := prefetched.revocation_reasons[connection.credential]):
                self.connections.remove(connection)
                closing = self._loop.create_task(self.connections.close(connection, reason))
                self._closings.add(closing)
                closing.add_done_callback(self._closings.discard)

    def _recover(self, entries: list[LogEntry], prefetched: Prefetched) -> None:
        """Applies all follows among `entries`, some for the second time, and starts replays for the connections that
        were not reached."""
        for entry in entries:
            self.subscriptions.apply(entry)
        self.subscriptions.replace_follows(prefetched.followed)
        self.delivery.recover()

    def _pause_after(self, started_at: float) -> None:
        """Starts the pause after a round of writing; see MAX_WRITE_PAUSE."""
        ended_at = time.monotonic()
        duration = ended_at - started_at
        self._pause = min(max(duration, 2 * self._pause), MAX_WRITE_PAUSE)
        self._paused_until = ended_at + self._pause

    def _probe(self) -> str | None:
        """Returns what is wrong with the hub, for /readyz."""
        age = time.monotonic() - self._read_at
        return f"has not looked at the log for {age:.0f} s" if age > READ_TIMEOUT else None
