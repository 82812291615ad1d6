"""Time slices: long work on the event loop yields regularly, so that other tasks are not delayed."""

import asyncio
import time

from consumers import metrics

MAX_SLICE = 0.005
"""Seconds of work after which other tasks should run."""


class TimeSlice:
    """Timer of one piece of work. Check `is_used_up` regularly, and `await yield_control()` when it is True."""

    def __init__(self) -> None:
        self._started_at = time.perf_counter()

    @property
    def is_used_up(self) -> bool:
        """True if the work has run for longer than MAX_SLICE."""
        return time.perf_counter() > self.ends_at

    @property
    def ends_at(self) -> float:
        """Moment of `time.perf_counter` at which the slice is used up."""
        return self._started_at + MAX_SLICE

    async def yield_control(self) -> None:
        """Ends the slice, lets all other ready tasks run, and starts the next slice."""
        self.end()
        await asyncio.sleep(0)
        self._started_at = time.perf_counter()

    def end(self) -> None:
        """Records the slice's duration in the metrics."""
        metrics.slices.observe(time.perf_counter() - self._started_at)
