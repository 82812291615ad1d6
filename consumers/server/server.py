"""The project's own launcher: daphne, with frames written at once, slow readers noticed, limits, and an orderly end.

`daphne asgi:application` serves the same application; docs/architecture.md has the figures of both.
"""

import asyncio
import ctypes
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from autobahn.websocket import protocol as autobahn
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import reactor

from consumers.hub.hub import Hub
from consumers.hub.time_slice import TimeSlice
from consumers.protocol.direct_writer import DirectWriter
from consumers.protocol.transport import EXTENSION
from consumers.server.request_limits import LimitedRequest
from livefeed.observability import health

logger = logging.getLogger(__name__)

BACKLOG = 2048
"""Connections that may wait to be accepted; with Twisted's 50 a crowd that comes back loses its SYNs, and a second."""
PING, PONG = 30, 30
"""Seconds of silence after which a reader is pinged, and seconds that it then has to answer."""
SETTLE = 0.2
"""Seconds in which a request that has just connected comes in, and an answer that was just given goes out."""
LOOK = 2
"""Seconds between two looks for those who are silent."""
TAKING = 0.02
"""Seconds between two looks whether a client has taken what it was sent of a long answer."""
AFTERWARDS = 0.2
"""Seconds after its end in which something may still ask a socket for something."""
SWITCH = 0.0005
"""Seconds after which a thread gives way to another. With Python's own 5 ms the hub stood behind whoever had just
posted until the answer was rendered: 20.1 instead of 18.6 ms from a POST to the last of 1,000 sockets."""
GC_THRESHOLDS = (50_000, 20, 100)
"""Much is allocated and lives: with Python's own 700 the collector would look at every open socket all the time."""

M_MMAP_THRESHOLD, MAPPED = -3, 1024 * 1024
"""The C library's setting, and bytes from which on it maps memory and gives it back when it is freed. Left to itself it
raises that to 32 MB when a picture is decoded, and what a picture took stays with the process: up to 62 MB."""

# Autobahn formats all settings of each new socket for a debug line that nobody sees: a seventh of an opening.
vars(autobahn)["pformat"] = repr


class SocketProtocol(WebSocketProtocol):
    """A WebSocket that the hub can write to directly."""

    def onConnect(self, request: Any) -> Any:
        self.writer = DirectWriter(self)
        return super().onConnect(request)

    def onOpen(self) -> None:
        if requests := getattr(self.transport.producer, "requests", None):
            requests.clear()  # the request that opened it, and the HTTP channel, would keep each other
        self.writer.open()
        super().onOpen()

    def dismantle(self) -> None:
        """Lets go of everything, so that nothing of a socket waits for the garbage collector: protocol, wire, transport
        and deferreds all know each other, 9 KB a socket."""
        self.__dict__.clear()


class RequestFactory(HTTPFactory):
    """Makes the protocol of each connection, with our bound on what it may bring."""

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = LimitedRequest
        return protocol


class Server(DaphneServer):
    """Serves an ASGI application on a listening socket until it is told to end by SIGTERM or SIGINT."""

    def __init__(self, application: Any, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(
            application,
            endpoints=[listener],
            signal_handlers=False,
            ping_interval=PING,
            ping_timeout=PONG,
            websocket_timeout=-1,
            websocket_connect_timeout=settings.LIVEFEED_HANDSHAKE_SECONDS,
            websocket_handshake_timeout=settings.LIVEFEED_HANDSHAKE_SECONDS,
            websocket_max_message_size=settings.LIVEFEED_INBOUND_BYTES,
            websocket_max_frame_size=settings.LIVEFEED_INBOUND_BYTES,
            server_name="livefeed",
            ready_callable=self._prepare,
        )
        self.endpoints: list[socket.socket] = []  # they would be texts; `_prepare` takes the listener itself
        self._listener = listener
        self._on_ready = on_ready
        self._ending: asyncio.Task[None] | None = None

    def _prepare(self) -> None:
        """Called when everything is set up but nothing runs yet."""
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.setProtocolOptions(failByDrop=False)  # what is too long is answered with a close code
        listener = self._listener
        self._port = reactor.adoptStreamPort(listener.fileno(), listener.family, RequestFactory(self))
        loop = asyncio.get_event_loop()
        if threading.current_thread() is threading.main_thread():  # else the reloader ends the process
            for end in (signal.SIGTERM, signal.SIGINT):
                signal.signal(end, lambda *_: loop.call_soon_threadsafe(self.end))
        loop.call_soon(Hub.current)
        loop.call_soon(self._on_ready)
        sys.setswitchinterval(SWITCH)
        give_back_large_blocks()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    # --- Applications: noticed as they end, where daphne looks at each of them every second ---

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Starts the application for one request or socket. What a client says of a root path is not believed."""
        scope["root_path"] = self.root_path
        if isinstance(protocol, SocketProtocol):
            scope["extensions"] = {EXTENSION: protocol.writer}
        queue = super().create_application(protocol, scope)
        details = self.connections.get(protocol)
        if details is not None:
            details["application_instance"].add_done_callback(partial(self._application_ended, protocol))
        return queue

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Passes on what an application sends. A long answer waits for its client: daphne would hold all of it."""
        await super().handle_reply(protocol, message)
        while message.get("more_body") and self._is_behind(protocol):  # noqa: ASYNC110  # Twisted does not tell us
            await asyncio.sleep(TAKING)

    def _is_behind(self, protocol: Any) -> bool:
        """Whether a request's client has not taken yet what it was sent, as its channel is told by its transport."""
        is_there = "disconnected" not in self.connections.get(protocol, {"disconnected": True})
        return is_there and bool(getattr(getattr(protocol, "channel", None), "_waitingForTransport", False))

    def _application_ended(self, protocol: Any, application: "asyncio.Future[None]") -> None:
        details = self.connections.get(protocol, {})
        details.pop("application_instance", None)
        error = None if application.cancelled() else application.exception()
        if error is not None:
            logger.error("An application failed.", exc_info=error)
            if "disconnected" not in details:
                protocol.handle_exception(error)
        if "disconnected" in details:
            self._forget(protocol)

    def protocol_disconnected(self, protocol: Any) -> None:
        """Called when a request or socket has ended, sometimes twice. Its application has a while to end too."""
        details = self.connections.get(protocol)
        if details is None or "disconnected" in details:
            return
        super().protocol_disconnected(protocol)
        application = details.get("application_instance")
        if application is None:
            self._forget(protocol)
        else:
            impatience = asyncio.get_event_loop().call_later(self.application_close_timeout, application.cancel)
            application.add_done_callback(lambda _: impatience.cancel())

    def _forget(self, protocol: Any) -> None:
        """Forgets a request or socket that has ended on both sides."""
        self.connections.pop(protocol, None)
        if isinstance(protocol, SocketProtocol):
            asyncio.get_event_loop().call_later(AFTERWARDS, protocol.dismantle)

    def application_checker(self) -> None:
        """Nothing is left to check."""

    def kill_all_applications(self) -> Any:
        """Called before the end: whatever still runs is cancelled."""
        for details in self.connections.values():
            details.setdefault("application_instance", asyncio.get_event_loop().create_future())
        return super().kill_all_applications()

    def timeout_checker(self) -> None:
        """Looks for silent readers from now on, in slices."""
        self._looking = asyncio.ensure_future(self._look_for_silent())

    async def _look_for_silent(self) -> None:
        while True:
            pace = TimeSlice()
            for protocol in list(self.connections):
                protocol.check_timeouts()
                if pace.is_used_up:
                    await pace.yield_control()
            await asyncio.sleep(LOOK)

    # --- The end ---

    def end(self) -> None:
        """Ends in order; told a second time, at once."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        else:
            self.stop()

    async def _end(self) -> None:
        """Is unready at once, sends the sockets away over the grace time, lets running requests finish."""
        grace = settings.LIVEFEED_GRACE_SECONDS
        health.probes["server"] = lambda: "is shutting down"
        await Hub.current().connections.shut_down(grace)
        self._port.doRead()  # takes in whoever waits to be accepted; the kernel would cut them off
        self._port.stopListening()
        self._listener.close()  # the reactor has a copy of it; while this one is open the kernel goes on accepting
        await asyncio.sleep(SETTLE)
        if running := self._running_requests():
            await asyncio.wait(running, timeout=grace)
            await asyncio.sleep(SETTLE)
        self.stop()

    def _running_requests(self) -> "list[asyncio.Future[None]]":
        return [
            details["application_instance"]
            for protocol, details in self.connections.items()
            if isinstance(protocol, WebRequest) and "application_instance" in details
        ]


def give_back_large_blocks() -> None:
    """Lets memory that pictures took go back to the system. Other C libraries than GNU's have no such setting."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, MAPPED)


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket, with `shared` one of several on the same port. Raises `OSError` if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared)
    listener.setblocking(False)
    return listener


def serve(application: Any, host: str, port: int, *, shared: bool = False, on_ready: Callable[[], None]) -> None:
    """Serves until it is told to end; `on_ready` is called when connections are answered. Raises `OSError` if the port
    is taken."""
    with listen(host, port, shared=shared) as listener:
        Server(application, listener, on_ready).run()
