"""What is measured: Livefeed and its peers, each server with a file of its own beside this one.

A peer takes `POST /posts/` with a form field `body`, and sends it within about 1.1 KB of HTML to every WebSocket at
`path`. Each socket's first message holds the word `hello`, but where there is a `greeting` others may come before it.
"""

import sys
from dataclasses import dataclass, field

from bench.peers import node

DAPHNE = (sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "PORT")


@dataclass(frozen=True)
class Peer:
    """A server: how it is started (PORT stands for its port) and where its sockets are."""

    name: str
    command: tuple[str, ...]
    path: str
    has_people: bool = False
    """Whether its sockets are signed-in people who follow one author."""
    at_once: int = 40
    """How many sockets may be opening at a time: no more than it listens with a backlog for, which is 50 in daphne."""
    greeting: str = ""
    """What a client has to say first."""
    env: dict[str, str] = field(default_factory=dict, hash=False)
    share: float = 1
    """Of the posts of a burst: less for one that would take minutes."""
    on_stack: bool = False
    """Whether it has a PostgreSQL and a Redis of its own."""
    variant: str = ""
    """The module of this package that changes its database before it is started."""


FEED = "/ws/feed/?view=home"
SERVE = (sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", "PORT")
LIVEFEED = Peer("Livefeed", SERVE, FEED, has_people=True, at_once=2_000)
ON_DAPHNE = Peer("on daphne", (*DAPHNE, "asgi:application"), FEED, has_people=True)

TUTORIAL = Peer("tutorial", (*DAPHNE, "bench.peers.tutorial:application"), "/ws/feed/", share=0.25)
SOCKET_IO = Peer(
    "Socket.IO",
    ("node", "bench/peers/socket_io.js", "PORT"),
    "/socket.io/?EIO=4&transport=websocket",
    at_once=400,
    greeting="40",
    env=node.ENVIRONMENT,
)
WS = Peer("ws", ("node", "bench/peers/ws.js", "PORT"), "/", at_once=400, env=node.ENVIRONMENT)
ASYNCIO = Peer("asyncio", (sys.executable, "-m", "bench.peers.bare", "PORT"), "/", at_once=1_000)

ON_NODE = (SOCKET_IO, WS)
PEERS = (TUTORIAL, SOCKET_IO, WS, ASYNCIO)
"""Whatever Livefeed is compared with."""


def left_out() -> tuple[Peer, ...]:
    """The peers that cannot run here, for which a line is printed that says why."""
    return () if node.is_ready() else ON_NODE
