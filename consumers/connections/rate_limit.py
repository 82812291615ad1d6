"""Token bucket that limits the messages of one client."""

import time


class TokenBucket:
    """Allows `rate` messages a second on average, and `burst` at once."""

    __slots__ = ("_burst", "_rate", "_tokens", "_updated_at")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._updated_at = time.monotonic()

    def take(self) -> bool:
        """Takes one token; returns False if none is left."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._updated_at) * self._rate)
        self._updated_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
