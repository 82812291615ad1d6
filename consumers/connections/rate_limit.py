"""How much a reader may say, and where a reader comes from."""

import time
from typing import Any

from django.conf import settings


class TokenBucket:
    """Lets `rate` messages a second through on average, and `burst` at once."""

    __slots__ = ("_burst", "_left", "_rate", "_since")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._since = burst, time.monotonic()

    def take(self) -> bool:
        """Takes one; False if there is none."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._since) * self._rate)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def client_ip(scope: dict[str, Any]) -> str:
    """The reader's network address. Behind LIVEFEED_TRUSTED_PROXIES proxies it is the one that the outermost of them
    wrote into X-Forwarded-For; whatever stands before it there the client may have forged."""
    client: str = (scope.get("client") or [""])[0]
    proxies: int = settings.LIVEFEED_TRUSTED_PROXIES
    if not proxies:
        return client
    header = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    told = [each.strip() for each in header.split(",") if each.strip()]
    return told[-proxies] if len(told) >= proxies else client
