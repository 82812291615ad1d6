"""Periodic jobs of the hub: heartbeats, rechecks of rights, disconnecting slow clients, purging and pruning."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any

from consumers.connections.admission import ConnectionManager, credentials_of
from consumers.connections.authorization import revocation_reasons
from consumers.hub.delivery import Delivery
from consumers.hub.event_log import EventLog
from consumers.hub.subscriptions import Subscriptions
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.server.db_threads import DatabaseThreads
from livefeed.live.maintenance import PRUNE_JOBS, purge_removed_posts
from livefeed.live.tracing import Round

logger = logging.getLogger(__name__)

RECHECK_INTERVAL = 60.0
"""Seconds after which rights that were revoked without an event (directly in the database) are noticed."""
RECHECK_BATCH_SIZE = 1_000
"""Connections whose rights one query checks."""
SLOW_CLIENTS_INTERVAL = 1.0
"""Seconds between two checks for slow clients."""
PURGE_INTERVAL = 600.0
"""Seconds between two deletions of removed posts."""
PRUNE_INTERVAL = 3_600.0
"""Seconds between two deletions of everything whose retention has ended."""


@dataclass
class PeriodicJob:
    """A job and its schedule."""

    work: Callable[[], Awaitable[None]]
    interval: float
    """Seconds."""
    due_at: float
    """Time of the event loop's clock, in seconds."""


class Maintenance:
    """Scheduler of the hub's periodic jobs. Jobs that query the database run in the background, in their own thread."""

    def __init__(
        self, log: EventLog, subscriptions: Subscriptions, delivery: Delivery, manager: ConnectionManager
    ) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._manager = manager
        self._thread = DatabaseThreads(1, "livefeed-rounds")
        self._background_tasks: dict[str, asyncio.Task[None]] = {}
        """The latest run of each background job, by name."""
        now = asyncio.get_running_loop().time()
        self._jobs = [
            PeriodicJob(self.send_heartbeats, frames.HEARTBEAT_INTERVAL - 1, now + frames.HEARTBEAT_INTERVAL),
            PeriodicJob(delivery.slow_clients.close_overdue, SLOW_CLIENTS_INTERVAL, now),
            PeriodicJob(partial(self._start, self.recheck), RECHECK_INTERVAL, now + RECHECK_INTERVAL),
            PeriodicJob(partial(self._start, self.purge), PURGE_INTERVAL, now + _random_delay(PURGE_INTERVAL)),
            PeriodicJob(partial(self._start, self.prune), PRUNE_INTERVAL, now + _random_delay(PRUNE_INTERVAL)),
        ]

    async def run_due_jobs(self) -> None:
        """Runs the jobs that are due. Background jobs are only started."""
        now = asyncio.get_running_loop().time()
        for job in self._jobs:
            if job.due_at <= now:
                job.due_at = now + job.interval
                await job.work()

    async def send_heartbeats(self) -> None:
        """Sends a heartbeat to all live connections.

        It carries the log's position, which all of them have reached: the hub's loop dispatches nothing meanwhile.
        """
        heartbeat = Message(frames.heartbeat(self._log.position))
        await self._delivery.write(dict.fromkeys(self._subscriptions.connections, heartbeat), Round())

    async def recheck(self) -> None:
        """Closes the connections whose rights have been revoked, RECHECK_BATCH_SIZE connections a query."""
        for connections in batched(list(self._subscriptions.connections), RECHECK_BATCH_SIZE):
            reasons = await self._thread.run(partial(revocation_reasons, credentials_of(connections)))
            for connection in connections:
                if connection.credential and (reason := reasons[connection.credential]):
                    await self._manager.close(connection, reason)

    async def purge(self) -> None:
        """Deletes the removed posts that can no longer be restored."""
        await self._thread.run(purge_removed_posts)

    async def prune(self) -> None:
        """Deletes whatever is no longer kept."""
        for job in PRUNE_JOBS:
            await self._thread.run(job)

    def close(self) -> None:
        """Stops the thread of the background jobs."""
        self._thread.close()

    async def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a job in the background, unless its last run has not ended yet."""
        name = work.__name__
        if name not in self._background_tasks or self._background_tasks[name].done():
            self._background_tasks[name] = asyncio.create_task(self._run(work))

    async def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception:
            logger.exception("A periodic job of the hub failed; it is tried again when it is due.")


def _random_delay(interval: float) -> float:
    """Returns a random part of an interval, so that several processes do not run the same job at the same time."""
    return random.uniform(0, interval)  # noqa: S311  # no secret
