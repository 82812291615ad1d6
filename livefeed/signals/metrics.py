"""How often receivers are called and how long they take: told to staff and at /metrics, logged where one is slow."""

import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.conf import settings
from prometheus_client import Summary

logger = logging.getLogger(__name__)

SLOW = 0.05
"""Seconds after which a receiver is named in the log: a signal is a doorway, and somebody stands in it."""

_seconds = Summary(
    "livefeed_receiver_seconds", "Calls of each receiver, and how long they took.", ["worker", "receiver"]
)


@dataclass
class CallStats:
    """Calls of a receiver since this process started: how many, seconds altogether, seconds of the longest."""

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    @property
    def mean_ms(self) -> float:
        return 1_000 * self.seconds / self.count if self.count else 0.0

    @property
    def longest_ms(self) -> float:
        return 1_000 * self.longest


call_stats: dict[str, CallStats] = {}
"""By the full name of each receiver that is watched."""


def measured[F: Callable[..., Any]](receiver: F) -> F:
    """The same receiver, sync or async, with its calls counted and timed."""
    name = f"{receiver.__module__}.{receiver.__qualname__}"
    call_stats[name] = CallStats()
    if inspect.iscoroutinefunction(receiver):

        @wraps(receiver)
        async def await_it(*given: Any, **named: Any) -> Any:
            with _timed(name):
                return await receiver(*given, **named)

        return cast(F, await_it)

    @wraps(receiver)
    def call_it(*given: Any, **named: Any) -> Any:
        with _timed(name):
            return receiver(*given, **named)

    return cast(F, call_it)


@contextmanager
def _timed(name: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        _count(name, time.perf_counter() - began)


def _count(name: str, seconds: float) -> None:
    counted = call_stats[name]
    counted.count, counted.seconds = counted.count + 1, counted.seconds + seconds
    counted.longest = max(counted.longest, seconds)
    _seconds.labels(settings.LIVEFEED_WORKER, name).observe(seconds)
    if seconds > SLOW:
        logger.warning("The receiver %s took %.0f ms.", name, 1_000 * seconds)
