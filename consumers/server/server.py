"""daphne extended: frames are written directly, slow clients are detected, requests are limited, shutdown is graceful.

`daphne asgi:application` serves the same application without these; docs/architecture.md has the figures of both.
"""

import asyncio
import ctypes
import gc
import logging
import resource
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
from twisted.web.http import _GenericHTTPChannelProtocol

from consumers.hub.hub import Hub
from consumers.hub.time_slice import TimeSlice
from consumers.protocol.direct_writer import DirectTransport, DirectWriter
from consumers.protocol.transport import EXTENSION
from consumers.server.request_limits import IDLE_TIMEOUT, LimitedChannel, LimitedRequest
from livefeed.observability import health

logger = logging.getLogger(__name__)

BACKLOG = 2048
"""Connections that may wait to be accepted. With Twisted's 50, a reconnecting crowd loses SYNs, and a second each."""
PING_INTERVAL = 30
"""Seconds of silence after which a socket is pinged."""
PING_TIMEOUT = 30
"""Seconds within which the client must answer a ping."""
TIMEOUT_CHECK_INTERVAL = 2
"""Seconds between two checks for pings and timeouts that are due."""
SETTLE_TIME = 0.2
"""Seconds for a request that has just connected to arrive, and for an answer that was just given to leave."""
BACKPRESSURE_POLL_INTERVAL = 0.02
"""Seconds between two checks if a client has read the part of a long answer that was sent to it."""
DISMANTLE_DELAY = 0.2
"""Seconds after the end of a socket in which callbacks may still use its protocol."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which Python switches threads. With Python's own 5 ms the hub had to wait for the thread that rendered
the answer to a new post: 20.1 instead of 18.6 ms from a POST to the last of 1,000 sockets."""
GC_THRESHOLDS = (50_000, 20, 100)
"""Thresholds of the garbage collector. Many objects are allocated and live long: with Python's own 700 it would
traverse all open sockets all the time."""

M_MMAP_THRESHOLD = -3
"""Number of the C library's setting for the size from which it maps memory, and returns it when it is freed."""
MMAP_THRESHOLD_BYTES = 1024 * 1024
"""Without a fixed value the C library raises it to 32 MB when a picture is decoded, and keeps up to 62 MB
afterwards."""

# Autobahn formats all settings of each new socket for a debug message that is not logged: 1/7 of a handshake's time.
vars(autobahn)["pformat"] = repr


class SocketProtocol(WebSocketProtocol):
    """A WebSocket that the hub can write to directly, without a turn of the event loop."""

    writer: DirectWriter | None = None

    @property
    def state(self) -> int:
        """Autobahn's state of the WebSocket."""
        return self._state

    @state.setter
    def state(self, state: int) -> None:
        self._state = state
        if self.writer is not None and state != self.STATE_OPEN:
            self.writer.close()

    def onConnect(self, request: Any) -> Any:
        self.writer = DirectWriter()
        return super().onConnect(request)

    def onOpen(self) -> None:
        if requests := getattr(self.transport.producer, "requests", None):
            requests.clear()  # the upgrade request and the HTTP channel refer to each other and would not be freed
        if self.writer is not None:
            self.writer.open(self.transport)
        super().onOpen()

    def dismantle(self) -> None:
        """Drops all references, so that the memory is freed without the garbage collector.

        Protocol, writer, transport and deferreds refer to each other: 9 KB a socket.
        """
        self.__dict__.clear()


class RequestFactory(HTTPFactory):
    """Creates the protocol of each TCP connection, with the limits of `LimitedChannel` and `LimitedRequest`."""

    def protocol(self) -> Any:
        """Called for each connection."""
        return _GenericHTTPChannelProtocol(LimitedChannel())  # type: ignore[no-untyped-call]

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = LimitedRequest
        protocol.timeOut = IDLE_TIMEOUT
        return protocol


class Server(DaphneServer):
    """Serves an ASGI application on a listening socket until SIGTERM or SIGINT."""

    def __init__(self, application: Any, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(
            application,
            endpoints=[listener],
            signal_handlers=False,
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            websocket_timeout=-1,
            websocket_connect_timeout=settings.LIVEFEED_HANDSHAKE_SECONDS,
            websocket_handshake_timeout=settings.LIVEFEED_HANDSHAKE_SECONDS,
            websocket_max_message_size=settings.LIVEFEED_INBOUND_BYTES,
            websocket_max_frame_size=settings.LIVEFEED_INBOUND_BYTES,
            server_name="livefeed",
            ready_callable=self._prepare,
        )
        self.endpoints: list[socket.socket] = []  # descriptions to daphne; `_prepare` takes the listener itself
        self._listener = listener
        self._on_ready = on_ready
        self._shutdown: asyncio.Task[None] | None = None

    def _prepare(self) -> None:
        """Called when daphne is set up, just before the reactor runs."""
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.setProtocolOptions(failByDrop=False)  # a message that is too long gets a close code
        listener = self._listener
        self._port = reactor.adoptStreamPort(listener.fileno(), listener.family, RequestFactory(self))
        self._port.transport = DirectTransport  # for the connections that it accepts
        loop = asyncio.get_event_loop()
        if threading.current_thread() is threading.main_thread():  # with --reload the reloader handles signals
            for signum in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signum, lambda *_: loop.call_soon_threadsafe(self.end))
        loop.call_soon(Hub.current)
        loop.call_soon(self._on_ready)
        sys.setswitchinterval(SWITCH_INTERVAL)
        give_back_large_blocks()
        allow_many_files()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    # --- Application tasks: cleaned up by callbacks, where daphne checks all of them every second ---

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Starts the application for one request or socket. Ignores a root path that the client claims."""
        scope["root_path"] = self.root_path
        if isinstance(protocol, SocketProtocol):
            scope["extensions"] = {EXTENSION: protocol.writer}
        queue = super().create_application(protocol, scope)
        details = self.connections.get(protocol)
        if details is not None:
            details["application_instance"].add_done_callback(partial(self._application_ended, protocol))
        return queue

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Sends a message of an application when the client has read the previous ones.

        daphne would buffer any number of answers, of pipelined requests too.
        """
        while self._is_behind(protocol):  # noqa: ASYNC110  # Twisted has no event for it
            await asyncio.sleep(BACKPRESSURE_POLL_INTERVAL)
        await super().handle_reply(protocol, message)

    def _is_behind(self, protocol: Any) -> bool:
        """True if a connected client has not yet read what was sent: its transport has paused the HTTP channel."""
        details = self.connections.get(protocol)
        if details is None or "disconnected" in details:
            return False
        channel = getattr(protocol, "channel", None)
        return bool(getattr(channel, "_waitingForTransport", False))

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
        """Called when a request or socket has ended, sometimes twice. Its application may go on for a limited time."""
        details = self.connections.get(protocol)
        if details is None or "disconnected" in details:
            return
        super().protocol_disconnected(protocol)
        application = details.get("application_instance")
        if application is None:
            self._forget(protocol)
        else:
            timeout = asyncio.get_event_loop().call_later(self.application_close_timeout, application.cancel)
            application.add_done_callback(lambda _: timeout.cancel())

    def _forget(self, protocol: Any) -> None:
        """Removes a request or socket whose client and application have both ended."""
        self.connections.pop(protocol, None)
        if isinstance(protocol, SocketProtocol):
            asyncio.get_event_loop().call_later(DISMANTLE_DELAY, protocol.dismantle)

    def application_checker(self) -> None:
        """Overrides daphne's periodic check: `_application_ended` is called instead."""

    def kill_all_applications(self) -> Any:
        """Called before the reactor stops: cancels the applications that still run."""
        for details in self.connections.values():
            details.setdefault("application_instance", asyncio.get_event_loop().create_future())
        return super().kill_all_applications()

    def timeout_checker(self) -> None:
        """Called once: starts the periodic check for silent clients, which yields to other tasks."""
        self._timeout_checks = asyncio.ensure_future(self._check_timeouts())

    async def _check_timeouts(self) -> None:
        while True:
            time_slice = TimeSlice()
            for protocol in list(self.connections):
                try:
                    protocol.check_timeouts()
                except Exception:  # must not end the checks of all others
                    logger.exception("The time limits of a client could not be checked.")
                if time_slice.is_used_up:
                    await time_slice.yield_control()
            await asyncio.sleep(TIMEOUT_CHECK_INTERVAL)

    # --- Shutdown ---

    def end(self) -> None:
        """Shuts down gracefully; called a second time, stops at once."""
        if self._shutdown is None:
            self._shutdown = asyncio.ensure_future(self._shut_down())
        else:
            self.stop()

    async def _shut_down(self) -> None:
        """Reports unready at once, closes the sockets over the grace time, and waits for running requests."""
        grace = settings.LIVEFEED_GRACE_SECONDS
        health.probes["server"] = lambda: "is shutting down"
        await Hub.current().connections.shut_down(grace)
        self._port.doRead()  # accepts connections that wait in the backlog; the kernel would reset them
        self._port.stopListening()
        self._listener.close()  # the reactor used a duplicate; while this one is open the kernel still accepts
        await asyncio.sleep(SETTLE_TIME)
        if running := self._running_requests():
            await asyncio.wait(running, timeout=grace)
            await asyncio.sleep(SETTLE_TIME)
        self.stop()

    def _running_requests(self) -> "list[asyncio.Future[None]]":
        return [
            details["application_instance"]
            for protocol, details in self.connections.items()
            if isinstance(protocol, WebRequest) and "application_instance" in details
        ]


def give_back_large_blocks() -> None:
    """Makes the C library return the memory of pictures to the system. Only GNU's has this setting."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)


def allow_many_files() -> None:
    """Raises the limit of open files, and so of connections, to the highest one that the system allows."""
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS reports no maximum and accepts none
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Returns a listening socket; with `shared`, other processes may listen on the same port.

    Linux aborts its connections when the client has accepted no data for LIVEFEED_SLOW_SECONDS, however much of a
    response is in the kernel's buffers. Raises `OSError` if the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared)
    listener.setblocking(False)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = int(settings.LIVEFEED_SLOW_SECONDS * 1_000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)  # accepted sockets inherit it
    return listener


def serve(application: Any, host: str, port: int, *, shared: bool = False, on_ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT; calls `on_ready` when connections are accepted.

    Raises `OSError` if the port is taken.
    """
    with listen(host, port, shared=shared) as listener:
        Server(application, listener, on_ready).run()
