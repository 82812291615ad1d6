"""Threads that compute responses: few of them, shared fairly between clients.

Django's own handler starts a thread for each request, each with a new database connection: 150 concurrent requests had
151. These threads are kept, and so are their connections to SQLite; connections to PostgreSQL come from a pool.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial

from asgiref.sync import ThreadSensitiveContext, sync_to_async

MAX_REQUESTS_PER_CLIENT = 500
"""Requests of one client that may run or wait."""


class TooManyRequestsError(Exception):
    """Raised if a client already has MAX_REQUESTS_PER_CLIENT requests."""


class RequestThreads:
    """Runs functions in at most `count` threads, at most half of them for the same client.

    The caller chooses the names of clients: a network address, or a session. Further functions wait for a free thread,
    those of one client in the order of their calls.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._count_per_client = max(1, count // 2)
        self._idle: list[ThreadPoolExecutor] = []
        self._requests: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._free: asyncio.Semaphore | None = None

    async def run[T](
        self, clients: Collection[str], function: Callable[[], T], discard: Callable[[T], object] = lambda result: None
    ) -> T:
        """Returns the result of `function`, called on behalf of `clients`.

        If the caller is cancelled meanwhile, the thread counts as busy until the function has ended; `discard` is then
        called with its result. Raises `TooManyRequestsError`, and what the function raises.
        """
        if any(self._requests[client] >= MAX_REQUESTS_PER_CLIENT for client in clients):
            raise TooManyRequestsError
        acquired = await self._acquire(clients)
        call = asyncio.ensure_future(self._call(function))
        call.add_done_callback(lambda _: asyncio.ensure_future(acquired.aclose()))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            call.add_done_callback(partial(_discard_result, discard))
            raise

    async def _acquire(self, clients: Collection[str]) -> AsyncExitStack:
        """Waits for a turn of each client, then for a thread. Closing the result releases them."""
        async with AsyncExitStack() as stack:
            for client in clients:
                self._requests[client] += 1
                stack.callback(self._forget, client)
            for client in clients:
                turn = self._turns.setdefault(client, asyncio.Semaphore(self._count_per_client))
                await stack.enter_async_context(turn)
            if self._free is None:
                self._free = asyncio.Semaphore(self._count)  # created here: the first request runs on the server's loop
            await stack.enter_async_context(self._free)
            return stack.pop_all()

    def _forget(self, client: str) -> None:
        """Removes a request of a client, and with the last one all that is known of the client."""
        self._requests[client] -= 1
        if not self._requests[client]:
            del self._requests[client]
            self._turns.pop(client, None)

    async def _call[T](self, function: Callable[[], T]) -> T:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="livefeed-request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                return await sync_to_async(function)()
        finally:
            self._idle.append(thread)


def _discard_result[T](discard: Callable[[T], object], call: asyncio.Future[T]) -> None:
    if call.exception() is None:
        discard(call.result())
