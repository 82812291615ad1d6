"""A running server, with those who read from it and the one who writes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import inside, machine
from bench.author import Author
from bench.crowd import Crowd, crowd
from bench.peers import Peer
from tests.stack import servers

WARM_UP = 20
"""Sockets opened, and posts sent to them, before anything is measured."""


@dataclass(frozen=True)
class Site:
    """A server of `peer`; `folder` holds its people's Cookie headers, `program` makes crowds."""

    peer: Peer
    port: int
    pid: int
    folder: Path
    program: Path

    def author(self) -> AbstractContextManager[Author]:
        """The author, at a page of the site."""
        cookie = (self.folder / "author").read_text().strip()
        return closing(Author(self.port, cookie))

    def crowd(self, sockets: int, *, expected: int = 0) -> AbstractContextManager[Crowd]:
        """The first `sockets` people, each with an open socket, who expect so many deliveries among them."""
        cookies = self.folder / "cookies"
        return crowd(self.program, self.port, self.peer.path, cookies, sockets, expected)


@contextmanager
def serve(peer: Peer, folder: Path, program: Path, sockets: int) -> Iterator[Site]:
    """A warm server of `peer` with `sockets` people, its files in `folder`; stopped at the end of the block."""
    port = servers.free_port()
    env = inside.environment(folder, port)
    set_up(peer, folder, sockets, env)
    command = [word.replace("PORT", str(port)) for word in peer.command]
    log = folder / "log"
    with ExitStack() as stack:
        stack.callback(lambda: tell(log))
        with machine.on_server_core():
            server = stack.enter_context(servers.process(command, port, env=env, log=log))
        site = Site(peer, port, server.pid, folder, program)
        warm_up(site, min(WARM_UP, sockets))
        yield site


def tell(log: Path) -> None:
    """Shows the end of what the server had to say, if anything: it should have been silent."""
    if text := log.read_text()[-2_000:].strip():
        machine.say(text)


def set_up(peer: Peer, folder: Path, sockets: int, env: dict[str, str]) -> None:
    """Makes the people of a peer that has any; elsewhere everybody comes without a cookie."""
    if peer.has_people:
        inside.call("people", folder, str(sockets), env=env)
        return
    (folder / "author").touch()
    (folder / "cookies").write_text("\n" * sockets)


def warm_up(site: Site, sockets: int) -> None:
    """Lets the server import, connect and render whatever it will need."""
    with site.crowd(sockets, expected=WARM_UP * sockets) as crowd, site.author() as author:
        for _ in range(WARM_UP):
            author.post()
        crowd.count()
