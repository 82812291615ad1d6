"""Number and duration of receiver calls, shown to staff and at /metrics. Slow calls are logged, and all are traced."""

import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from prometheus_client import Summary

from livefeed.live import tracing

logger = logging.getLogger(__name__)

SLOW_CALL_SECONDS = 0.05
"""A call that takes longer is logged, because receivers run while a user waits for the response."""

_call_seconds = Summary(
    "livefeed_receiver_seconds", "Calls of each receiver, and how long they took.", ["worker", "receiver"]
)


@dataclass
class CallStats:
    """Calls of a receiver since this process started: their number, and the seconds of all and of the longest."""

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
"""Figures of each measured receiver, by its full name."""


def measured[F: Callable[..., Any]](receiver: F) -> F:
    """Decorates a receiver, sync or async, so that its calls are counted and timed."""
    name = f"{receiver.__module__}.{receiver.__qualname__}"
    call_stats[name] = CallStats()
    if inspect.iscoroutinefunction(receiver):

        @wraps(receiver)
        async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return await receiver(*args, **kwargs)
            finally:
                _record_call(name, time.perf_counter() - started)

        return cast(F, async_wrapper)

    @wraps(receiver)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        connection = transaction.get_connection()
        counter = tracing.QueryCounter()
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(counter):
                return receiver(*args, **kwargs)
        finally:
            seconds = time.perf_counter() - started
            _record_call(name, seconds)
            call = tracing.Call(name, kwargs.get("signal"), started, seconds, counter.count, counter.seconds)
            tracing.record_call(connection, call)

    return cast(F, wrapper)


@cache
def _summary_of(name: str) -> Summary:
    """Returns the metric of a receiver. To look it up in each call would take longer than the rest of the figures."""
    return _call_seconds.labels(settings.LIVEFEED_WORKER, name)


def _record_call(name: str, seconds: float) -> None:
    stats = call_stats[name]
    stats.count += 1
    stats.seconds += seconds
    stats.longest = max(stats.longest, seconds)
    _summary_of(name).observe(seconds)
    if seconds > SLOW_CALL_SECONDS:
        logger.warning("The receiver %s took %.0f ms.", name, 1_000 * seconds)
