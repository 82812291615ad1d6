"""What the hub does now and then: heartbeats, a look at everybody's rights, an end to the slowest, pruning."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

from django.conf import settings

from consumers import frames
from consumers.delivery import Delivery
from consumers.door import Door, credentials_of
from consumers.index import Index
from consumers.log import Log
from consumers.message import message_of

RECHECK = 60.0
"""Seconds after which a right that was taken away without an event (by hand in the database) is noticed."""
RECHECKED_AT_ONCE = 1_000
"""Sockets whose rights one query looks up."""
PRUNE = 3_600.0


@dataclass
class Duty:
    """Something to be done every so many seconds."""

    work: Callable[[], Awaitable[None]]
    seconds: float
    due_at: float


class Rounds:
    """The hub's regular duties, done between two looks at the log."""

    def __init__(self, log: Log, index: Index, delivery: Delivery, door: Door) -> None:
        self._log, self._index, self._delivery, self._door = log, index, delivery, door
        now = asyncio.get_running_loop().time()
        self._duties = [
            Duty(self.beat, frames.HEARTBEAT - 1, now + frames.HEARTBEAT),
            Duty(delivery.close_the_slowest, 1, now),
            Duty(self.recheck, RECHECK, now + RECHECK),
            Duty(self._prune, PRUNE, now + random.uniform(0, PRUNE)),  # noqa: S311  # several processes need not agree
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
        beat = message_of(frames.heartbeat(self._log.position))
        await self._delivery.write(dict.fromkeys(self._index.connections, beat))

    async def recheck(self) -> None:
        """Looks up everybody's rights again, a thousand sockets a query."""
        for some in batched(list(self._index.connections), RECHECKED_AT_ONCE):
            standing = await self._door.openings.standing(credentials_of(some))
            for connection in some:
                if connection.credential and (why := standing[connection.credential]):
                    await self._door.close(connection, why)

    async def _prune(self) -> None:
        await self._log.prune(timedelta(days=settings.LIVEFEED_LOG_DAYS))
