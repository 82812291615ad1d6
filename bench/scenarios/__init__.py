"""Scenarios: functions from a running site to figures, grouped into stages with one table each.

A new scenario is a function in a module of this package, listed in a stage here.
"""

from dataclasses import dataclass
from functools import partial

from bench.peers import ASYNCIO, LIVEFEED, ON_DAPHNE, PEERS, SOCKET_IO, TUTORIAL, WS
from bench.scenario import Scenario
from bench.scenarios import liking, posting, resting, returning, ringing
from bench.scenarios.crowd import LAST_P50, LAST_P99, MEMORY, OTHERS_STEADY, RATE, burst, idle, limits, steady
from bench.site import People
from bench.stage import Stage, Subject
from bench.table import Target

MANY = 5_000
"""Sockets in the stages with many of them."""


@dataclass(frozen=True)
class Size:
    """Size of the measurements: sockets, deliveries of a burst over all of them, bursts, posts at a steady rate."""

    sockets: int
    deliveries: int
    bursts: int
    steady: int
    is_quick: bool


def stages(size: Size) -> list[Stage]:
    """Returns all stages, or those of a quick run."""
    quick = [crowd(size), alone(size)]
    return quick if size.is_quick else [*quick, many(size), at_rest(), through_the_whole_path(), liked(), rung()]


def crowd(size: Size) -> Stage:
    people = People(size.sockets)
    ours = LIVEFEED.name
    plain = ON_DAPHNE.name
    return Stage(
        f"{size.sockets:,} sockets",
        tuple(Subject(peer, people) for peer in (LIVEFEED, ON_DAPHNE, *PEERS)),
        (
            Scenario(idle),
            Scenario(partial(burst, deliveries=size.deliveries), size.bursts, by=RATE),
            Scenario(partial(steady, posts=size.steady), by=LAST_P99, others=OTHERS_STEADY),
        ),
        (
            Target(ours, RATE, SOCKET_IO.name, times=1),
            Target(ours, RATE, TUTORIAL.name, times=25),
            Target(ours, RATE, ASYNCIO.name, times=0.6),
            Target(plain, RATE, TUTORIAL.name, times=6),
            Target(ours, LAST_P50, at_most=20),
            Target(ours, LAST_P99, at_most=40),
            Target(ours, LAST_P50, SOCKET_IO.name, times=0.8),
            Target(ours, LAST_P99, SOCKET_IO.name, times=1),
        ),
        notes=limits,
    )


def alone(size: Size) -> Stage:
    """Returns the stage of reconnecting sockets, of Livefeed only. A quick run leaves out the storm of MANY."""
    storms = (2_000,) if size.is_quick else (2_000, MANY)
    within = {2_000: 6, MANY: 15}
    ours = LIVEFEED.name
    return Stage(
        "Coming back",
        (Subject(LIVEFEED, People(max(storms))),),
        (
            Scenario(partial(returning.opening, sockets=2_000)),
            Scenario(partial(returning.joined, sockets=1_000, posts=200)),
            *(Scenario(partial(returning.storm, sockets=sockets)) for sockets in storms),
        ),
        (
            Target(ours, returning.RETURNED, at_least=900),
            Target(ours, returning.RETURNED_FAILED, at_most=0),
            Target(ours, returning.JOINED_EXACT, at_least=100),
            Target(ours, returning.LONG, at_most=0),
            *(Target(ours, returning.storm_seconds(each), at_most=within[each]) for each in storms),
            *(Target(ours, returning.storm_failed(each), at_most=0) for each in storms),
        ),
    )


def many(size: Size) -> Stage:
    people = People(MANY)
    return Stage(
        f"{MANY:,} sockets",
        tuple(Subject(peer, people) for peer in (LIVEFEED, SOCKET_IO, WS, ASYNCIO)),
        (Scenario(partial(burst, deliveries=size.deliveries), size.bursts, by=RATE),),
        (Target(LIVEFEED.name, RATE, SOCKET_IO.name, times=0.9),),
        notes=limits,
    )


def at_rest() -> Stage:
    return Stage(
        "Idle sockets",
        (
            Subject(LIVEFEED, People(10_000, followed=5), resting.FEW),
            Subject(LIVEFEED, People(1_000, followed=200), resting.MANY),
            Subject(LIVEFEED, People(1_000, followed=200, sockets_each=3), resting.SHARED),
        ),
        (Scenario(resting.resting),),
        (Target(resting.FEW, MEMORY, at_most=35),),
        compared=False,
        conclude=resting.conclude,
    )


def through_the_whole_path() -> Stage:
    people = People(20)
    return Stage(
        "Posting, 20 sockets",
        tuple(Subject(peer, people) for peer in posting.VARIANTS),
        (Scenario(partial(posting.posting, posts=400), rounds=3, by=posting.rate(1)),),
        compared=False,
        conclude=posting.conclude,
    )


def liked() -> Stage:
    ours = LIVEFEED.name
    return Stage(
        "Likes, 1,000 sockets",
        (Subject(LIVEFEED, People(1_000 + liking.OTHERS)),),
        (Scenario(partial(liking.likes, count=1_000)),),
        (
            Target(ours, liking.TOLD_MOST, at_most=8),
            Target(ours, liking.EXACT, at_least=100),
        ),
    )


def rung() -> Stage:
    return Stage(
        "Bells, 100,000 followers",
        (Subject(LIVEFEED, People(20)),),
        (Scenario(partial(ringing.bells, count=100_000)),),
        (Target(LIVEFEED.name, ringing.GROWTH, at_most=2),),
    )
