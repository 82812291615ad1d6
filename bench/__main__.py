"""Measures Livefeed, beside its peers, on this machine.

    bin/bench [--quick] [--sockets N] [--only WORD]
    bin/bench --faults [N]

The servers run on one core and the load generator on another (the first and the last this process may use), all on
127.0.0.1, on free ports, with their files in a temporary folder; everything is stopped and removed at the end. One
server at a time has something to do, and they take turns: what is compared is measured in the same minutes. Where there
is a PostgreSQL and a Redis they share the load generator's core.

Peers: the tutorials' way with Channels; Socket.IO and `ws` on Node.js, left out with a line that says so where Node.js
and npm are missing (their packages go to var/bench/); and bare asyncio, the limit, which does nothing but write.
Livefeed is measured whole: SQLite, every socket a signed-in person who follows the author, every post sent as the page
sends it, by HTTP with session and CSRF token; once as `manage.py serve` starts it and once on plain daphne. Its peers
(peers/) are spared most of that. Figures drift from machine to machine and from hour to hour: compare ratios within one
run. A table says how busy both cores were: a figure is the server's only if the load generator had time to spare.

What is measured, each part a table, the targets in the last one:
- of all servers, 1,000 sockets: memory, deliveries a second of posts sent back to back, and the delay from a POST to
  the last socket at five posts a second;
- coming back: sockets opened a second that are told what they missed; storms of 2,000 and 5,000 that all come back at
  once; a burst of 200 posts as the hub sees it, in writes a socket and slices of the event loop;
- of some servers, the same posts to 5,000 sockets;
- 10,000 idle sockets: memory, queries and processor time; what the people somebody follows add to it;
- posts a second with 1 and with 8 clients, on SQLite and on PostgreSQL with Redis; the shares of the rings and of the
  commit order in that, measured by leaving them out;
- a thousand likes of a post that 1,000 sockets show: how often each is told, how long a like by HTTP takes meanwhile;
- an author whose new posts 100,000 people asked to be told of: a POST with and without, and how long telling takes;
- home and tag pages among 2,400,000 posts, on SQLite and, where there is one, on PostgreSQL: of somebody who follows
  2,000 people, twenty of whom wrote 20,000 posts each, of others, and far down; how much of it grew since there were a
  tenth of the posts; and what searches take among all of them. Making them takes some ten minutes for each database.

--quick      the first two, shorter, and home and tags among 30,000 posts: three minutes instead of three quarters of an
             hour
--sockets N  how many sockets are opened in the first part, 1,000 unless told
--only WORD  only what has WORD in the title of its table or in the name of its function: `burst`, `likes`, `bells`,
             `home`, and of that `home-sqlite`, `home-postgresql`
--faults [N] measures nothing; runs the fault tests in full length, N times over, on SQLite and on PostgreSQL and Redis

Progress goes to standard error, the tables to standard output. The exit status is 1 if a target is missed or a server
fails. A new peer is a file in peers/ and a line in PEERS; a new scenario is a function in a file of scenarios/ and its
name in a stage there.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import faults, machine, reading
from bench.crowd import compile_program
from bench.peers import left_out
from bench.scenarios import Size, stages
from bench.stage import Stage
from bench.table import targets

DELIVERIES, DELIVERIES_QUICK = 500_000, 250_000
"""Of one burst, over all sockets: long enough that its beginning and its end count for little."""


def main() -> None:
    options = parse()
    if options.faults:
        sys.exit(faults.run(options.faults))
    machine.take_over()
    with TemporaryDirectory(prefix="livefeed-bench-") as folder:
        sys.exit(run(options, Path(folder)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures Livefeed beside its peers.")
    parser.add_argument("--quick", action="store_true", help="less and shorter")
    parser.add_argument("--sockets", type=int, default=1_000, metavar="N", help="sockets to open (%(default)s)")
    parser.add_argument("--only", default="", metavar="WORD", help="only what has this in its name")
    parser.add_argument("--faults", type=int, nargs="?", const=1, metavar="N", help="run the fault tests N times (1)")
    options = parser.parse_args()
    if not 1 <= options.sockets <= 10_000:
        parser.error("--sockets must be between 1 and 10,000")
    if options.faults is not None and not 1 <= options.faults <= 100:
        parser.error("--faults must be between 1 and 100")
    return options


def run(options: argparse.Namespace, folder: Path) -> bool:
    """Prints a table after each stage, then the targets; returns whether something failed or a target was missed."""
    neighbours, program = machine.Neighbours(), compile_program(folder)
    rows, failed = [], False
    for stage in chosen(options):
        outcome = stage.run(folder, program)
        print(outcome.table() + "\n", flush=True)
        rows += outcome.targets()
        failed |= bool(outcome.failed)
    if databases := reading.chosen(options.only):
        tables, wanted = reading.run(reading.QUICK if options.quick else reading.FULL, folder, databases)
        print("\n\n".join(tables) + "\n", flush=True)
        rows += wanted
    print(f"{targets(rows)}\n\n{machine.described()}; other programs used {neighbours.share():.0f} % of it meanwhile")
    return failed or any(row[-1] == "MISSED" for row in rows)


def chosen(options: argparse.Namespace) -> list[Stage]:
    """The stages that were asked for, without the peers that cannot run here."""
    size = Size(
        options.sockets,
        deliveries=DELIVERIES_QUICK if options.quick else DELIVERIES,
        bursts=1 if options.quick else 3,
        steady=25 if options.quick else 100,
        is_quick=options.quick,
    )
    wanted = [stage.chosen(options.only) for stage in stages(size)]
    missing = left_out() if any(stage.scenarios for stage in wanted) else ()
    return [stage.without(missing) for stage in wanted if stage.scenarios]


if __name__ == "__main__":
    main()
