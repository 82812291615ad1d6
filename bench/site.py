"""A running server with its readers and its author."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from websockets.sync.client import connect
from websockets.typing import Origin

from bench import inside, machine
from bench.author import Author
from bench.crowd import ConnectOptions, Crowd, crowd
from bench.metrics import Metrics
from bench.peers import Peer
from tests.stack import servers

WARM_UP = 20
"""Sockets opened, and posts sent to them, before the measurement."""


@dataclass(frozen=True)
class People:
    """`count` users who each follow the author and `followed` - 1 others, with at most `sockets_each` sockets each."""

    count: int
    followed: int = 1
    sockets_each: int = 1

    @property
    def sockets(self) -> int:
        return self.count * self.sockets_each


@dataclass(frozen=True)
class Site:
    """A server of `peer`; `folder` holds its users' Cookie headers, `program` is the load generator."""

    peer: Peer
    people: People
    port: int
    pid: int
    folder: Path
    program: Path

    def author(self) -> AbstractContextManager[Author]:
        """Returns the author with an HTTP connection to the site, closed at the end of the block."""
        return closing(Author(self.port, self._author_cookie()))

    def crowd(self, sockets: int, *, expected: int = 0, after: int | None = None) -> AbstractContextManager[Crowd]:
        """Opens the first `sockets` sockets, which expect `expected` deliveries in total.

        With `after` they reconnect from that cursor.
        """
        path = self.peer.path if after is None else f"{self.peer.path}&after={after}"
        options = ConnectOptions(self.port, path, self.folder / "cookies", self.peer.at_once, self.peer.greeting)
        return crowd(self.program, options, sockets, expected)

    def cursor(self) -> int:
        """Returns the position of the event log, from the hello of a socket of the author."""
        address = f"ws://127.0.0.1:{self.port}{self.peer.path}"
        headers = {"Cookie": self._author_cookie()}
        with connect(address, origin=Origin(f"http://127.0.0.1:{self.port}"), additional_headers=headers) as socket:
            first = json.loads(socket.recv(timeout=inside.RESPONSE_TIMEOUT))
        hello = first[0] if isinstance(first, list) else first
        return int(hello["cursor"])

    def metrics(self) -> Metrics:
        return Metrics.of(self.port)

    def _author_cookie(self) -> str:
        return (self.folder / "author").read_text().strip()


@contextmanager
def serve(peer: Peer, people: People, folder: Path, program: Path) -> Iterator[Site]:
    """Starts and warms up a server of `peer` with its files in `folder`; stops it at the end of the block."""
    port = servers.free_port()
    log = folder / "log"
    log.touch()
    with ExitStack() as stack:
        stack.callback(lambda: show_output(log))
        env = inside.environment(folder, port) | (databases(stack) if peer.on_stack else {}) | peer.env
        set_up(peer, people, folder, env)
        command = [word.replace("PORT", str(port)) for word in peer.command]
        with machine.on_server_core():
            server = stack.enter_context(servers.process(command, port, env=env, log=log))
        site = Site(peer, people, port, server.pid, folder, program)
        warm_up(site, min(WARM_UP, people.sockets))
        yield site


def databases(stack: ExitStack) -> dict[str, str]:
    """Starts PostgreSQL and Redis on the load generator's core; returns their URLs as environment variables."""
    redis, _ = stack.enter_context(servers.redis())
    return {"DATABASE_URL": stack.enter_context(servers.postgresql()), "REDIS_URL": redis}


def show_output(log: Path) -> None:
    """Prints the end of the server's output except for its start message: there should be none."""
    lines = [line for line in log.read_text().splitlines() if not line.startswith("Livefeed serves ")]
    if text := "\n".join(lines)[-2_000:].strip():
        machine.say(text)


def set_up(peer: Peer, people: People, folder: Path, env: dict[str, str]) -> None:
    """Creates the users of a peer that has any; the sockets of other peers send no cookie."""
    if not peer.has_people:
        (folder / "author").touch()
        (folder / "cookies").write_text("\n" * people.sockets)
        return
    inside.call("people", folder, people.count, people.followed, people.sockets_each, env=env)
    if peer.variant:
        inside.call(peer.variant, env=env)


def warm_up(site: Site, sockets: int) -> None:
    """Makes the server import modules, open connections and render once before the measurement."""
    with site.crowd(sockets, expected=WARM_UP * sockets) as crowd, site.author() as author:
        for _ in range(WARM_UP):
            author.post()
        crowd.count()
