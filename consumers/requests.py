"""Django's requests, in a bounded number of threads.

Django's own handler starts a thread for each request, each with a new database connection: 150 requests at once had 151
of them. These threads stay, and so do their connections to SQLite; PostgreSQL's come from a pool.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from consumers import metrics

Application = Callable[[Any, Any, Any], Awaitable[None]]


class RequestThreads:
    """Lets an ASGI application's synchronous parts run in one of `count` threads, a thread for each request; further
    requests wait in line."""

    def __init__(self, application: Application, count: int) -> None:
        self._application, self._count = application, count
        self._idle: list[ThreadPoolExecutor] = []
        self._room: asyncio.Semaphore | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with metrics.requests_running.track_inprogress():
            async with self._thread() as thread, ThreadSensitiveContext(executor=thread):
                await self._application(scope, receive, send)

    @asynccontextmanager
    async def _thread(self) -> AsyncIterator[ThreadPoolExecutor]:
        room = self._room = self._room or asyncio.Semaphore(self._count)
        async with room:
            thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="livefeed-request")
            try:
                yield thread
            finally:
                self._idle.append(thread)
