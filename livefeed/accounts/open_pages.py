"""Registry of functions that find a user's open pages.

Web processes that hold sockets add a finder (see consumers/presence.py), so that this package need not import
`consumers`.
"""

import logging
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from livefeed.hooks import Hooks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenPage:
    """Open socket: the view it shows, since when (Unix seconds), and its credential: `session` or `token`, and the
    number of that."""

    view: str
    since: float
    credential: str
    number: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


finders: Hooks[[int], list[OpenPage]] = Hooks(logger, "The open pages of a user could not be found.")
"""Each returns the open pages of the user with this id."""


def open_pages(user_id: int) -> list[OpenPage]:
    """Returns a user's open sockets in all processes that answer, the oldest first.

    Blocks while it waits for the other processes: never call it on the event loop.
    """
    return sorted(chain.from_iterable(finders(user_id)), key=lambda page: page.since)
