"""Who has what open right now. Web processes that hold sockets add a finder here (see consumers/presence.py); this
module knows no consumers."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenPage:
    """A socket: what it shows, since when (seconds since 1970), and what it was opened with, `session` or `token` and
    its number."""

    view: str
    since: float
    credential: str
    number: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Finder = Callable[[int], list[OpenPage]]
finders: set[Finder] = set()


def open_pages(user_id: int) -> list[OpenPage]:
    """Somebody's open sockets in all processes that can be reached, the oldest first. Never on the event loop: it may
    wait a moment for the other processes."""
    found: list[OpenPage] = []
    for find in tuple(finders):
        try:
            found += find(user_id)
        except Exception:
            logger.exception("Somebody's open pages could not be looked for.")
    return sorted(found, key=lambda page: page.since)
