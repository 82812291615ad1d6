"""Django's request handler in a bounded number of threads.

Django's own handler starts a thread for each request, each with a new database connection: 150 concurrent requests had
151. These threads are kept, and so are their connections to SQLite; connections to PostgreSQL come from a pool.
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
    """Django's handler, with the whole middleware chain and the view in one call to the thread.

    Django's own handler returns to the event loop between its middleware and the view, and each return waits until the
    loop is free.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """Called when the handler is created. The chain is always synchronous."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Returns the response, computed in the thread of this request."""
        return await sync_to_async(self.get_response)(request)


class RequestThreads:
    """Runs the synchronous parts of an ASGI application in at most `count` threads, one thread for each request.

    Further requests wait for a free thread.
    """

    def __init__(self, application: Application, count: int) -> None:
        self._application = application
        self._count = count
        self._idle: list[ThreadPoolExecutor] = []
        self._free: asyncio.Semaphore | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with metrics.requests_running.track_inprogress():
            async with self._thread() as thread, ThreadSensitiveContext(executor=thread):
                await self._application(scope, receive, send)

    @asynccontextmanager
    async def _thread(self) -> AsyncIterator[ThreadPoolExecutor]:
        """Acquires an idle thread, or a new one if none is idle."""
        if self._free is None:
            self._free = asyncio.Semaphore(self._count)  # created here: the first request runs on the server's loop
        async with self._free:
            thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="livefeed-request")
            try:
                yield thread
            finally:
                self._idle.append(thread)
