"""One open socket, as the hub knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Send = Callable[[dict[str, Any]], Awaitable[None]]
ViewKind = Literal["home", "public", "user", "post"]

SHOWN_MOST = 300
"""How many posts a page may say it shows."""


def is_number(text: str) -> bool:
    """Whether a text from outside is a whole number that the database can hold."""
    return text.isascii() and text.isdecimal() and len(text) < 19


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows: somebody's home, everything public, one author (`key` their id), one post (`key` its id)."""

    kind: ViewKind
    key: int = 0


@dataclass(eq=False, slots=True)
class Viewer:
    """A signed-in person, shared by all of that person's sockets in this process."""

    user_id: int
    followed: set[int]
    connections: set[Connection] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Connection:
    """A socket that has been told everything up to the hub's position and is told what comes after."""

    view: View
    viewer: Viewer | None
    send: Send
    opened_at: int = 0
    """Where a reader without a cursor begins: read before `viewer` was, so that what changed since is replayed."""
    _shown: frozenset[int] = frozenset()
    _newest_shown: int = 0

    def show(self, post_ids: Iterable[int]) -> set[int]:
        """Takes the page's word for which posts it shows; returns those whose changes it was not told before. Whatever
        is newer than all of them it will have been sent."""
        shown = frozenset(post_ids)
        added = {post_id for post_id in shown if not self.shows(post_id)}
        self._shown, self._newest_shown = shown, max(shown, default=0)
        return added

    def shows(self, post_id: int) -> bool:
        """Whether a change of the post concerns the page. Until the page has spoken, every post does."""
        return post_id > self._newest_shown or post_id in self._shown

    def follows(self, author_id: int) -> bool:
        """Whether the author's posts are on this person's home."""
        return self.viewer is not None and (author_id == self.viewer.user_id or author_id in self.viewer.followed)
