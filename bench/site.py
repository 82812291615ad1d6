"""A running server, with those who read from it and the one who writes."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from websockets.sync.client import connect
from websockets.typing import Origin

from bench import inside, machine
from bench.author import Author
from bench.crowd import Crowd, Entrance, crowd
from bench.metrics import Metrics
from bench.peers import Peer
from tests.stack import servers

WARM_UP = 20
"""Sockets opened, and posts sent to them, before anything is measured."""


@dataclass(frozen=True)
class People:
    """`count` people who each follow the author and `followed` - 1 others, and have `sockets_each` sockets at most."""

    count: int
    followed: int = 1
    sockets_each: int = 1

    @property
    def sockets(self) -> int:
        return self.count * self.sockets_each


@dataclass(frozen=True)
class Site:
    """A server of `peer`; `folder` holds its people's Cookie headers, `program` makes crowds."""

    peer: Peer
    people: People
    port: int
    pid: int
    folder: Path
    program: Path

    def author(self) -> AbstractContextManager[Author]:
        """The author, at a page of the site."""
        return closing(Author(self.port, self._author_cookie()))

    def crowd(self, sockets: int, *, expected: int = 0, after: int | None = None) -> AbstractContextManager[Crowd]:
        """The first `sockets` sockets, open, which expect so many deliveries among them; they come back from the cursor
        `after` if it is given."""
        path = self.peer.path if after is None else f"{self.peer.path}&after={after}"
        entrance = Entrance(self.port, path, self.folder / "cookies", self.peer.at_once, self.peer.greeting)
        return crowd(self.program, entrance, sockets, expected)

    def cursor(self) -> int:
        """Where the log stands, as a socket of the author's is told."""
        address = f"ws://127.0.0.1:{self.port}{self.peer.path}"
        headers = {"Cookie": self._author_cookie()}
        with connect(address, origin=Origin(f"http://127.0.0.1:{self.port}"), additional_headers=headers) as socket:
            first = json.loads(socket.recv(timeout=inside.SOON))
        hello = first[0] if isinstance(first, list) else first
        return int(hello["cursor"])

    def metrics(self) -> Metrics:
        return Metrics.of(self.port)

    def _author_cookie(self) -> str:
        return (self.folder / "author").read_text().strip()


@contextmanager
def serve(peer: Peer, people: People, folder: Path, program: Path) -> Iterator[Site]:
    """A warm server of `peer` with its people, its files in `folder`; stopped at the end of the block."""
    port = servers.free_port()
    log = folder / "log"
    log.touch()
    with ExitStack() as stack:
        stack.callback(lambda: tell(log))
        env = inside.environment(folder, port) | (databases(stack) if peer.on_stack else {}) | peer.env
        set_up(peer, people, folder, env)
        command = [word.replace("PORT", str(port)) for word in peer.command]
        with machine.on_server_core():
            server = stack.enter_context(servers.process(command, port, env=env, log=log))
        site = Site(peer, people, port, server.pid, folder, program)
        warm_up(site, min(WARM_UP, people.sockets))
        yield site


def databases(stack: ExitStack) -> dict[str, str]:
    """Starts a PostgreSQL and a Redis on the load generator's core; returns where they are."""
    redis, _ = stack.enter_context(servers.redis())
    return {"DATABASE_URL": stack.enter_context(servers.postgresql()), "REDIS_URL": redis}


def tell(log: Path) -> None:
    """Shows the end of what the server had to say, but for its address: it should have been silent."""
    lines = [line for line in log.read_text().splitlines() if not line.startswith("Livefeed serves ")]
    if text := "\n".join(lines)[-2_000:].strip():
        machine.say(text)


def set_up(peer: Peer, people: People, folder: Path, env: dict[str, str]) -> None:
    """Makes the people of a peer that has any; elsewhere everybody comes without a cookie."""
    if not peer.has_people:
        (folder / "author").touch()
        (folder / "cookies").write_text("\n" * people.sockets)
        return
    inside.call("people", folder, people.count, people.followed, people.sockets_each, env=env)
    if peer.variant:
        inside.call(peer.variant, env=env)


def warm_up(site: Site, sockets: int) -> None:
    """Lets the server import, connect and render whatever it will need."""
    with site.crowd(sockets, expected=WARM_UP * sockets) as crowd, site.author() as author:
        for _ in range(WARM_UP):
            author.post()
        crowd.count()
