"""Spreading of page reloads over time."""

import time
from collections import deque

from consumers.protocol import frames

RELOADS_PER_SECOND = 20
"""Reloads a second that are not exceeded while RESET_SPREAD is long enough for all of them."""


class Resets:
    """Counter of recent `reset` frames: a single client reloads immediately, many at once spread their reloads."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def spread(self) -> int:
        """Records one more reload and returns the seconds within which it should happen: 0 for a single client, at most
        RESET_SPREAD."""
        now = time.monotonic()
        self._times.append(now)
        while now - self._times[0] > frames.RESET_SPREAD:
            self._times.popleft()
        return min(frames.RESET_SPREAD, len(self._times) // RELOADS_PER_SECOND)
