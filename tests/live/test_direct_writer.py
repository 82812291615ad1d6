"""Direct writes to the socket, tested against the installed Twisted, since they use its private attributes."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.tcp import Connection

from consumers.protocol.direct_writer import DirectWriter, can_write_directly

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
class Protocol:
    """The attributes of an open WebSocket protocol that a writer uses."""

    transport: Any
    STATE_OPEN: int = 3
    state: int = 3


@dataclass
class SocketPair:
    """Both ends of a connection."""

    writer: DirectWriter
    protocol: Protocol
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
    protocol = Protocol(None)
    transport: Any = Connection(server, protocol, reactor)  # type: ignore[arg-type]  # stubs with the attributes that are used
    transport.connected = 1
    protocol.transport = transport
    writer = DirectWriter(protocol)
    writer.open()
    yield SocketPair(writer, protocol, transport, reactor, client)
    server.close()
    client.close()


def test_the_installed_twisted_buffers_where_the_writer_expects_it(pair):
    assert can_write_directly(pair.transport)
    pair.transport.write(b"waits")
    assert pair.transport._tempDataBuffer == [b"waits"]


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
    pair.protocol.state = 2
    pair.writer.write(b"late")
    assert pair.drain() == b""


def test_direct_writes_can_be_disabled(pair, settings):
    settings.LIVEFEED_DIRECT_WRITES = False
    pair.writer.open()
    pair.writer.write(b"by Twisted")
    assert pair.reactor.writers == {pair.transport}
    assert pair.drain() == b"by Twisted"
