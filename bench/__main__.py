"""Measures Livefeed, beside its peers, on this machine.

    bin/bench [--quick] [--sockets N]

Each server runs alone on one core and the load generator on another (the first and the last this process may use), all
on 127.0.0.1, on free ports, with their files in a temporary folder; everything is stopped and removed at the end. For
each server: memory of idle sockets, deliveries a second of posts sent back to back, and the delay from a POST to the
last of all sockets at five posts a second. For Livefeed alone: the home feed with 10,000 and with 1,000,000 posts.

Livefeed is measured whole: `daphne asgi:application` as in production, SQLite, every socket a signed-in person who
follows the author, every post sent as the page sends it, by HTTP with session and CSRF token. Its peers (peers/) are
spared most of that. Figures drift from machine to machine and from hour to hour: compare ratios within one run.

--quick      fewer and shorter, without the 1,000,000 posts: about a minute instead of five
--sockets N  how many sockets are opened, 1,000 unless told

Progress goes to standard error and the table to standard output. The exit status is 1 if a target is missed.
A new peer is a file in peers/ and a line in PEERS, a new scenario a function in scenarios.py and a word in SCENARIOS.
"""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import inside, machine
from bench.crowd import compile_program
from bench.peers import LIVEFEED, PEERS, Peer
from bench.scenarios import SCENARIOS, Size
from bench.site import serve
from bench.table import Figure, Figures, table

DELIVERIES, DELIVERIES_QUICK = 100_000, 30_000
"""Of one burst, over all sockets."""
HOME_POSTS = (10_000, 1_000_000)


def main() -> None:
    options = parse()
    machine.take_over()
    size, neighbours = size_of(options), machine.Neighbours()
    with TemporaryDirectory(prefix="livefeed-bench-") as folder:
        program = compile_program(Path(folder))
        peers = {peer.name: measure(peer, size, program) for peer in PEERS}
        ours = measure(LIVEFEED, size, program)
        for posts in HOME_POSTS[:1] if options.quick else HOME_POSTS:
            ours |= home(posts, Path(folder))
    text = table(ours, peers)
    print(f"{machine.described()}; other programs used {neighbours.share():.0f} % of it meanwhile")
    print(f"{size.sockets:,} sockets; {size.bursts} x {size.burst:,} posts back to back\n\n{text}")
    sys.exit("MISSED" in text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures Livefeed beside its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter, without the 1,000,000 posts")
    parser.add_argument("--sockets", type=int, default=1_000, metavar="N", help="sockets to open (%(default)s)")
    options = parser.parse_args()
    if not 1 <= options.sockets <= 10_000:
        parser.error("--sockets must be between 1 and 10,000")
    return options


def size_of(options: argparse.Namespace) -> Size:
    """As many posts as make DELIVERIES, but at least ten."""
    deliveries = DELIVERIES_QUICK if options.quick else DELIVERIES
    burst = min(1_000, max(10, deliveries // options.sockets))
    return Size(options.sockets, burst, bursts=1 if options.quick else 3, steady=25 if options.quick else 100)


def measure(peer: Peer, size: Size, program: Path) -> Figures:
    """Lets a server of its own, its files beside `program`, go through every scenario."""
    folder = program.parent / peer.name
    folder.mkdir()
    figures: Figures = {}
    machine.say(f"{peer.name}: starting")
    with serve(peer, folder, program, size.sockets) as site:
        for scenario in SCENARIOS:
            machine.say(f"{peer.name}: {scenario.__name__}")
            figures |= scenario(site, size)
    return figures


def home(posts: int, folder: Path) -> Figures:
    """The home feed with so many posts in the database."""
    machine.say(f"{LIVEFEED.name}: home feed with {posts:,} posts")
    folder = folder / f"home-{posts}"
    folder.mkdir()
    with machine.on_server_core():
        found = json.loads(inside.call("home", str(posts), env=inside.environment(folder)))
    return {Figure(f"home feed of {posts:,} posts: {name}"): value for name, value in found.items()}


if __name__ == "__main__":
    main()
