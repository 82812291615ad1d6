"""Measured servers: Livefeed and its peers; each peer has a module in this package.

A peer accepts `POST /posts/` with a form field `body`, and sends it within about 1.1 KB of HTML to every WebSocket at
`path`. The first message to each socket contains the word `hello`; with a `greeting` other messages may precede it.
"""

import sys
from dataclasses import dataclass, field

from bench.peers import node

DAPHNE = (sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "PORT")


@dataclass(frozen=True)
class Peer:
    """A server: the command that starts it (PORT stands for its port) and the path of its sockets."""

    name: str
    command: tuple[str, ...]
    path: str
    has_people: bool = False
    """True if its sockets belong to signed-in users who follow one author."""
    at_once: int = 40
    """Handshakes at a time: no more than its listen backlog, which is 50 in daphne."""
    greeting: str = ""
    """First message that a client must send."""
    env: dict[str, str] = field(default_factory=dict, hash=False)
    share: float = 1
    """Share of the posts of a burst: less for a peer that would take minutes."""
    on_stack: bool = False
    """True if it has a PostgreSQL and a Redis of its own."""
    variant: str = ""
    """Module of `bench` that changes its database before it is started."""


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
"""Peers with which Livefeed is compared."""


def left_out() -> tuple[Peer, ...]:
    """Returns the peers that cannot run on this machine, and prints the reason."""
    return () if node.is_ready() else ON_NODE
