"""Django's request handler for ASGI: a thread computes the response, the event loop sends it.

Django's own handler keeps the thread until the client has read the response, so a few clients that read nothing stop
the site. It also returns to the event loop between middleware, view and end, and each return waits until the loop is
free.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, cast

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from consumers import metrics
from consumers.connections.authentication import session_key_of
from consumers.connections.client_ip import client_ip
from consumers.server.request_threads import RequestThreads, TooManyRequestsError

FILE_THREADS = 2
"""Threads that read files for all clients. Each read takes a moment, and a thread is held for one read only."""
HEALTH_CHECKS = ("/healthz", "/readyz")
TOO_MANY = "You sent too many requests at once. Try again in a moment."


class Handler(ASGIHandler):
    """Computes each response by one call in a thread, and sends it from the event loop.

    At most `count` requests are computed at a time. Health checks have a thread of their own, so that they never wait.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._threads = RequestThreads(count)
        self._health_threads = RequestThreads(1)
        self._file_threads = ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="livefeed-files")

    def load_middleware(self, is_async: bool = False) -> None:
        """Called when the handler is created. The chain is always synchronous."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        with metrics.requests_running.track_inprogress():
            try:
                body = await self.read_body(receive)
            except RequestAborted:
                return
            with closing(body):
                response = await self._compute(scope, body)
            if response.streaming:
                await self._send_stream(response, receive, send)
            else:
                await self.send_response(response, send)

    async def _compute(self, scope: Any, body: Any) -> HttpResponseBase:
        """Computes the response in a thread, or refuses if the client has too many requests already."""
        threads = self._health_threads if scope["path"] in HEALTH_CHECKS else self._threads
        try:
            return await threads.run(_clients_of(scope), partial(self._respond, scope, body), self._close_unsent)
        except TooManyRequestsError:
            return HttpResponse(TOO_MANY, "text/plain", status=429, headers={"Retry-After": "1"})

    def _respond(self, scope: Any, body: Any) -> HttpResponseBase:
        """Returns the response. Called in a request thread; a response that is not a stream is finished here."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, bad_request = self.create_request(scope, body)
        response: Any = bad_request if request is None else self.get_response(request)
        response._handler_class = self.__class__  # the sender of `request_finished`
        if response.streaming:
            close_old_connections()  # the stream ends in another thread
        else:
            response.close()
        return cast(HttpResponseBase, response)

    def _close_unsent(self, response: HttpResponseBase) -> None:
        """Closes the response to a client that has gone. One that is not a stream is closed already."""
        if response.streaming:
            self._file_threads.submit(response.close)

    async def _send_stream(self, response: Any, receive: Any, send: Any) -> None:
        """Sends a response in parts, as fast as the client reads them.

        `send` returns when the client has read enough of the previous parts, and no thread is held meanwhile.
        """
        disconnected = asyncio.ensure_future(receive())
        if not response.is_async:
            response.block_size = self.chunk_size  # of a file
            response.streaming_content = self._read(response.streaming_content, disconnected)
        try:
            await self.send_response(response, send)
        finally:
            disconnected.cancel()
            await self._run_in_file_thread(response.close)

    async def _read(self, parts: Iterator[bytes], disconnected: "asyncio.Future[Any]") -> AsyncIterator[bytes]:
        """Yields the parts of a response, each read in a thread, until the client disconnects."""
        while not disconnected.done() and (part := await self._run_in_file_thread(next, parts, None)) is not None:
            yield part

    async def _run_in_file_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._file_threads, function, *args)


def _clients_of(scope: Any) -> list[str]:
    """Returns the clients on whose behalf a request is answered: its session, if it has one, and its address.

    The session comes first: requests that wait for their session's turn do not take a turn of the address, which many
    users may share.
    """
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    session_key = session_key_of(cookies)
    return [*([f"session {session_key}"] if session_key else []), f"address {client_ip(scope)}"]
