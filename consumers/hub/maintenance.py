"""What the hub does now and then: heartbeats, a look at everybody's rights, an end to the slowest, pruning."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import batched
from typing import Any

from django.conf import settings

from consumers.connections.admission import ConnectionManager, credentials_of
from consumers.connections.authorization import revocation_reasons
from consumers.hub.delivery import Delivery
from consumers.hub.event_log import EventLog
from consumers.hub.subscriptions import Subscriptions
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.server.db_threads import DatabaseThreads
from livefeed.accounts import rate_limits
from livefeed.accounts.session_store import SessionStore
from livefeed.models import AuditEntry, Event, Export, Notification, Picture, Post
from livefeed.tasks import worker

logger = logging.getLogger(__name__)

RECHECK = 60.0
"""Seconds after which a right that was taken away without an event (by hand in the database) is noticed."""
RECHECKED_AT_ONCE = 1_000
"""Sockets whose rights one query looks up."""
PRUNE, PURGE = 3_600.0, 600.0


@dataclass
class PeriodicJob:
    """Something to be done every so many seconds."""

    work: Callable[[], Awaitable[None]]
    seconds: float
    due_at: float


class Maintenance:
    """The hub's regular duties. What asks the database does so beside the hub, in a thread of its own."""

    def __init__(
        self, log: EventLog, subscriptions: Subscriptions, delivery: Delivery, manager: ConnectionManager
    ) -> None:
        self._log, self._subscriptions, self._delivery, self._manager = log, subscriptions, delivery, manager
        self._thread = DatabaseThreads(1, "livefeed-rounds")
        self._beside: dict[str, asyncio.Task[None]] = {}
        now = asyncio.get_running_loop().time()
        self._duties = [
            PeriodicJob(self.beat, frames.HEARTBEAT - 1, now + frames.HEARTBEAT),
            PeriodicJob(delivery.close_the_slowest, 1, now),
            PeriodicJob(partial(self._start, self.recheck), RECHECK, now + RECHECK),
            PeriodicJob(partial(self._start, self.purge), PURGE, now + random.uniform(0, PURGE)),  # noqa: S311  # no secret
            PeriodicJob(partial(self._start, self.prune), PRUNE, now + random.uniform(0, PRUNE)),  # noqa: S311  # no secret
        ]

    async def make(self) -> None:
        """Does what is due."""
        now = asyncio.get_running_loop().time()
        for duty in self._duties:
            if duty.due_at <= now:
                duty.due_at = now + duty.seconds
                await duty.work()

    async def beat(self) -> None:
        """Sends everybody a heartbeat. All live connections stand where the hub stands: it writes nothing meanwhile."""
        beat = Message(frames.heartbeat(self._log.position))
        await self._delivery.write(dict.fromkeys(self._subscriptions.connections, beat))

    async def recheck(self) -> None:
        """Looks up everybody's rights again, a thousand sockets a query."""
        for some in batched(list(self._subscriptions.connections), RECHECKED_AT_ONCE):
            found = await self._thread.run(partial(revocation_reasons, credentials_of(some)))
            for connection in some:
                if connection.credential and (why := found[connection.credential]):
                    await self._manager.close(connection, why)

    async def purge(self) -> None:
        """Deletes the posts that were removed and cannot be brought back any more."""
        await self._thread.run(Post.objects.purge)

    async def prune(self) -> None:
        """Lets the database forget old events, sessions that have run out, pictures that nobody posted, tasks
        that are done, old exports, notifications and audit entries."""
        keep = timedelta(days=settings.LIVEFEED_LOG_DAYS)
        await self._thread.run(lambda: Event.objects.prune(keep))
        await self._thread.run(SessionStore.clear_expired)
        await self._thread.run(Picture.objects.purge)
        await self._thread.run(worker.prune)
        await self._thread.run(Export.objects.purge)
        await self._thread.run(Notification.objects.prune)
        await self._thread.run(AuditEntry.objects.prune)
        await self._thread.run(rate_limits.prune)

    def close(self) -> None:
        """Ends what runs beside the hub."""
        self._thread.close()

    async def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins some work beside the hub, unless it is still being done."""
        name = work.__name__
        if name not in self._beside or self._beside[name].done():
            self._beside[name] = asyncio.create_task(self._do(work))

    async def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception:
            logger.exception("A regular duty of the hub failed; it is tried again when it is due.")
