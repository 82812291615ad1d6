"""Direct writes to the socket, tested against the installed Twisted, which must announce what it buffers."""

import gc
import socket
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from consumers.protocol.direct_writer import DirectTransport, DirectWriter
from consumers.server.server import SocketProtocol

LARGE = b"x" * 1_000_000


class Reactor:
    """Reactor that records the transports waiting to write; the test calls them."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, writer: Any) -> None:  # Twisted's name
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        self.writers.discard(writer)

    def addReader(self, reader: Any) -> None:
        """Does nothing: no test reads on the server's side."""

    def removeReader(self, reader: Any) -> None:
        """Does nothing: no test reads on the server's side."""


@dataclass
class SocketPair:
    """Both ends of a connection."""

    writer: DirectWriter
    transport: Any
    reactor: Reactor
    client: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def drain(self) -> bytes:
        """Returns all bytes received so far, after the transport has written what was waiting."""
        while True:
            try:
                self.received += self.client.recv(2**20)
            except BlockingIOError:
                if not self.reactor.writers:
                    return bytes(self.received)
                self.transport.doWrite()


@pytest.fixture
def pair() -> Iterator[SocketPair]:
    reactor = Reactor()
    server, client = socket.socketpair()
    client.setblocking(False)
    server.setblocking(False)
    transport: Any = DirectTransport(server, Protocol(), ("127.0.0.1", 1), None, 0, reactor)  # type: ignore[arg-type]  # stubs
    writer = DirectWriter()
    writer.open(transport)
    pair = SocketPair(writer, transport, reactor, client)
    del transport
    yield pair
    server.close()
    client.close()


def test_data_waits_for_what_twisted_has_buffered(pair):
    pair.transport.write(b"a pong, ")
    pair.writer.write(b"a post")
    assert pair.drain() == b"a pong, a post"
    pair.writer.write(b"another")
    assert pair.reactor.writers == set()


def test_data_waits_for_what_was_buffered_before_the_socket_was_open(pair):
    pair.transport.write(b"upgraded, ")
    pair.writer.open(pair.transport)
    pair.writer.write(b"a post")
    assert pair.drain() == b"upgraded, a post"


def test_data_is_written_immediately(pair):
    pair.writer.write(b"hello")
    assert pair.client.recv(100) == b"hello"
    assert pair.reactor.writers == set()


def test_data_that_the_system_does_not_accept_is_sent_later_in_order(pair):
    sent = b""
    for number in range(5):
        sent += LARGE + b"%d" % number
        pair.writer.write(LARGE + b"%d" % number)
    assert pair.reactor.writers == {pair.transport}
    assert pair.drain() == sent


def test_a_client_that_stops_reading_and_reads_again_is_noticed(pair):
    drained: list[bool] = []
    pair.writer.on_drained = lambda: drained.append(pair.writer.is_full)
    pair.writer.write(LARGE)
    assert pair.writer.is_full
    assert drained == []
    pair.drain()
    assert drained == [False]
    assert not pair.writer.is_full


def test_nothing_is_written_to_a_closing_socket(pair):
    protocol = SocketProtocol()
    protocol.writer = pair.writer
    protocol.state = SocketProtocol.STATE_CLOSING
    pair.writer.write(b"late")
    assert pair.drain() == b""


def test_a_lost_connection_is_freed_without_the_garbage_collector(pair):
    transport = weakref.ref(pair.transport)
    pair.transport.connectionLost(Failure(ConnectionDone()))
    pair.writer.write(b"late")
    pair.transport = None
    gc.disable()
    try:
        assert transport() is None
    finally:
        gc.enable()


def test_direct_writes_can_be_disabled(pair, settings):
    settings.LIVEFEED_DIRECT_WRITES = False
    writer = DirectWriter()
    writer.open(pair.transport)
    writer.write(b"by Twisted")
    assert pair.reactor.writers == {pair.transport}
    assert pair.drain() == b"by Twisted"
