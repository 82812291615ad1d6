"""Writing straight to the socket, against the installed Twisted: it relies on what a transport keeps to itself."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.tcp import Connection

from consumers.protocol.direct_writer import DirectWriter, can_write_directly

FILL = b"x" * 1_000_000


class Reactor:
    """Remembers who wants to write; the test lets them."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, writer: Any) -> None:  # Twisted's names
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        self.writers.discard(writer)

    def addReader(self, reader: Any) -> None:
        """Nothing is read here."""

    def removeReader(self, reader: Any) -> None:
        """Nothing is read here."""


@dataclass
class Protocol:
    """An open WebSocket, as far as a writer looks at it."""

    transport: Any
    STATE_OPEN: int = 3
    state: int = 3


@dataclass
class Line:
    """Both ends of a connection."""

    writer: DirectWriter
    protocol: Protocol
    transport: Any
    reactor: Reactor
    reader: socket.socket
    read: bytearray = field(default_factory=bytearray)

    def drain(self) -> bytes:
        """Reads whatever is there, letting the reactor send what waits."""
        while True:
            try:
                self.read += self.reader.recv(2**20)
            except BlockingIOError:
                if not self.reactor.writers:
                    return bytes(self.read)
                self.transport.doWrite()


@pytest.fixture
def line() -> Iterator[Line]:
    reactor = Reactor()
    server, reader = socket.socketpair()
    reader.setblocking(False)
    protocol = Protocol(None)
    transport: Any = Connection(server, protocol, reactor)  # type: ignore[arg-type]  # as much of them as is needed
    transport.connected = 1
    protocol.transport = transport
    writer = DirectWriter(protocol)
    writer.open()
    yield Line(writer, protocol, transport, reactor, reader)
    server.close()
    reader.close()


def test_the_installed_twisted_keeps_what_waits_where_a_wire_looks(line):
    assert can_write_directly(line.transport)
    line.transport.write(b"waits")
    assert line.transport._tempDataBuffer == [b"waits"]


def test_it_is_written_at_once(line):
    line.writer.write(b"hello")
    assert line.reader.recv(100) == b"hello"
    assert line.reactor.writers == set()


def test_what_the_system_does_not_take_waits_and_nothing_overtakes_it(line):
    sent = b""
    for number in range(5):
        sent += FILL + b"%d" % number
        line.writer.write(FILL + b"%d" % number)
    assert line.reactor.writers == {line.transport}
    assert line.drain() == sent


def test_a_reader_who_does_not_read_is_noticed_and_so_is_that_it_reads_again(line):
    drained: list[bool] = []
    line.writer.on_drained = lambda: drained.append(line.writer.is_full)
    line.writer.write(FILL)
    assert line.writer.is_full
    assert drained == []
    line.drain()
    assert drained == [False]
    assert not line.writer.is_full


def test_nothing_is_written_to_a_socket_that_closes(line):
    line.protocol.state = 2
    line.writer.write(b"late")
    assert line.drain() == b""


def test_it_can_be_shut_off(line, settings):
    settings.LIVEFEED_DIRECT_WRITES = False
    line.writer.open()
    line.writer.write(b"by Twisted")
    assert line.reactor.writers == {line.transport}
    assert line.drain() == b"by Twisted"
