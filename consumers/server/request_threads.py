"""Django's requests, in a bounded number of threads.

Django's own handler starts a thread for each request, each with a new database connection: 150 requests at once had 151
of them. These threads stay, and so do their connections to SQLite; PostgreSQL's come from a pool.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from consumers import metrics

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Handler(ASGIHandler):
    """Django's handler, with middleware and view in one turn of one thread. Django's own returns from the thread to the
    event loop between its middleware and the view, and each of these ways waits behind whatever the loop does."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Called when the handler is made; the chain is always a synchronous one."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answers a request in the thread that is this request's."""
        return await sync_to_async(self.get_response)(request)


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
