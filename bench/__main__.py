"""Benchmarks Livefeed and its peers on this machine.

    bin/bench [--quick] [--sockets N] [--only WORD]
    bin/bench --faults [N]

The servers run on one core and the load generator on another (the first and the last this process may use), all on
127.0.0.1, on free ports, with their files in a temporary folder; everything is stopped and removed at the end. The
servers take turns, one under load at a time, so that compared figures are measured in the same minutes. PostgreSQL and
Redis, where installed, share the load generator's core.

Peers: a consumer as in Channels' tutorial; Socket.IO and `ws` on Node.js, skipped with a message if Node.js and npm are
missing (their packages are installed in var/bench/); and bare asyncio, the upper limit, which only writes. Livefeed is
measured as in production: on SQLite, every socket belongs to a signed-in user who follows the author, and every post is
sent as the page sends it, by HTTP with session and CSRF token; once as `manage.py serve` starts it and once on plain
daphne. Its peers (peers/) do without most of that. Figures vary between machines and over time: compare ratios within
one run. Each table says how busy both cores were: a figure is the server's limit only if the load generator had time to
spare.

Measured, one table for each part and the targets in the last one:
- of all servers, 1,000 sockets: memory, deliveries a second of posts sent back to back, and the delay from a POST to
  the last socket at five posts a second;
- reconnecting: sockets opened a second that receive the posts they missed; storms of 2,000 and 5,000 sockets that
  reconnect at once; a burst of 200 posts, in writes a socket and slices of the event loop;
- of some servers, the same with 5,000 sockets;
- 10,000 idle sockets: memory, queries and processor time; the memory that the authors a user follows add;
- posts a second with 1 and with 8 clients, on SQLite and on PostgreSQL with Redis; the cost of wake-ups and of the
  commit order, measured by leaving them out;
- a thousand likes of a post that 1,000 sockets show: counts received by each, and the time of a like by HTTP meanwhile;
- an author whose 100,000 followers asked to be notified of new posts: a POST with and without, and the time to notify
  all;
- home and tag pages among 2,400,000 posts, on SQLite and, where installed, on PostgreSQL: of a user who follows 2,000
  authors, twenty of whom wrote 20,000 posts each, of others, and far down the list; the growth since there were a tenth
  of the posts; and searches among all of them. Creating the posts takes about ten minutes for each database.

--quick      the first two, shorter, and home and tags among 30,000 posts: three minutes instead of three quarters of an
             hour
--sockets N  sockets to open in the first part (default: 1,000)
--only WORD  only scenarios with WORD in the title of their table or the name of their function: `burst`, `likes`,
             `bells`, `home`, and of that `home-sqlite`, `home-postgresql`
--faults [N] no measurement; runs the fault tests in full length, N times, on SQLite and on PostgreSQL and Redis

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

DELIVERIES = 500_000
DELIVERIES_QUICK = 250_000
"""Deliveries of one burst, over all sockets: enough that its start and end matter little."""


def main() -> None:
    options = parse()
    if options.faults:
        sys.exit(faults.run(options.faults))
    machine.take_over()
    with TemporaryDirectory(prefix="livefeed-bench-") as folder:
        sys.exit(run(options, Path(folder)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Benchmarks Livefeed and its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter scenarios")
    parser.add_argument("--sockets", type=int, default=1_000, metavar="N", help="sockets to open (%(default)s)")
    parser.add_argument("--only", default="", metavar="WORD", help="only scenarios with this in their name")
    parser.add_argument("--faults", type=int, nargs="?", const=1, metavar="N", help="run the fault tests N times (1)")
    options = parser.parse_args()
    if not 1 <= options.sockets <= 10_000:
        parser.error("--sockets must be between 1 and 10,000")
    if options.faults is not None and not 1 <= options.faults <= 100:
        parser.error("--faults must be between 1 and 100")
    return options


def run(options: argparse.Namespace, folder: Path) -> bool:
    """Prints a table after each stage, then the targets; returns True if a server failed or a target was missed."""
    other_programs = machine.OtherPrograms()
    program = compile_program(folder)
    rows = []
    failed = False
    for stage in chosen(options):
        outcome = stage.run(folder, program)
        print(outcome.table() + "\n", flush=True)
        rows += outcome.targets()
        failed |= bool(outcome.failed)
    if databases := reading.chosen(options.only):
        tables, wanted = reading.run(reading.QUICK if options.quick else reading.FULL, folder, databases)
        print("\n\n".join(tables) + "\n", flush=True)
        rows += wanted
    print(
        f"{targets(rows)}\n\n{machine.described()}; other programs used {other_programs.share():.0f} % of it meanwhile"
    )
    return failed or any(row[-1] == "MISSED" for row in rows)


def chosen(options: argparse.Namespace) -> list[Stage]:
    """Returns the stages selected by the options, without peers that cannot run on this machine."""
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
