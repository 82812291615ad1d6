"""What is measured: Livefeed and its peers, each server with a file of its own beside this one.

A peer takes `POST /posts/` with a form field `body`, and sends it within about 1.1 KB of HTML to every WebSocket at
`path`. Each socket's first frame holds the word `hello`.
"""

import sys
from dataclasses import dataclass

DAPHNE = (sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "PORT")


@dataclass(frozen=True)
class Peer:
    """A server: how it is started (PORT stands for its port) and where its sockets are."""

    name: str
    command: tuple[str, ...]
    path: str
    has_people: bool = False
    """Whether its sockets are signed-in people who follow one author."""


LIVEFEED = Peer("Livefeed", (*DAPHNE, "asgi:application"), "/ws/feed/?view=home", has_people=True)
TUTORIAL = Peer("tutorial", (*DAPHNE, "bench.peers.tutorial:application"), "/ws/feed/")
PEERS = (TUTORIAL,)
"""Whatever Livefeed is compared with."""
