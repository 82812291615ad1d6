"""Long work on the event loop, in slices."""

import asyncio
import time

from consumers import metrics

SLICE = 0.005
"""Seconds of work after which everything else gets its turn."""


class TimeSlice:
    """Says when others should run, and lets them. One for each piece of work."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    @property
    def is_used_up(self) -> bool:
        """Whether the slice is used up."""
        return time.perf_counter() - self._began > SLICE

    async def yield_control(self) -> None:
        """Ends the slice, lets everything else run, begins the next."""
        self.end()
        await asyncio.sleep(0)
        self._began = time.perf_counter()

    def end(self) -> None:
        """Notes how long the slice was."""
        metrics.slices.observe(time.perf_counter() - self._began)
