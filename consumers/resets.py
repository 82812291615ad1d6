"""How those who must read anew are spread over time."""

import time
from collections import deque

from consumers.protocol import frames


class Resets:
    """Counts those who must read anew, so that a crowd of them spreads out and a single one does not wait."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def spread(self) -> int:
        """Seconds within which the next one should read anew: none, up to frames.RESET_SPREAD for a crowd."""
        now = time.monotonic()
        self._times.append(now)
        while now - self._times[0] > frames.RESET_SPREAD:
            self._times.popleft()
        return min(frames.RESET_SPREAD, len(self._times) // 20)
