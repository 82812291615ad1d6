"""One open socket, as the hub knows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import time
from typing import Literal, NamedTuple

from consumers.protocol.frames import Form
from consumers.protocol.transport import Sender

ViewKind = Literal["home", "public", "user", "replies", "media", "post", "tag", "shown"]
ReaderKind = Literal["browser", "program", "poll"]
FORMS: dict[ReaderKind, Form] = {"browser": "html", "program": "json", "poll": "html"}

SHOWN_MOST = 300
"""How many posts a page may say it shows."""


def is_number(text: str) -> bool:
    """Whether a text from outside is a whole number that the database can hold."""
    return text.isascii() and text.isdecimal() and len(text) < 19


class View(NamedTuple):
    """What a page shows: somebody's home, everything public, one author (`key` their id; their posts, replies, or what
    has pictures), one post (`key` its id), a
    tag (`key`) or nothing but what it says it shows. `author_id` is the author whose page or post it is."""

    kind: ViewKind
    key: int | str = 0
    author_id: int = 0
    above: tuple[int, ...] = ()
    """The ids of the posts above a post in its thread, which its page shows as well."""

    @property
    def keys(self) -> tuple[int | str, ...]:
        """Under what it is found, but for a home, which is found by whom its reader follows."""
        return () if self.kind == "home" else (self.key, *self.above)


class Credential(NamedTuple):
    """What a socket was opened with: a sign-in's number or a token's id."""

    kind: Literal["session", "token"]
    id: int


@dataclass(eq=False, slots=True)
class Viewer:
    """A signed-in person, shared by all of that person's sockets in this process, the oldest first."""

    user_id: int
    followed: set[int]
    connections: dict[Connection, None] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Connection:
    """A socket. `opened_at` is the log's position before its viewer was read: what changed of the viewer since stands
    in the log after it."""

    view: View
    viewer: Viewer | None
    sender: Sender
    kind: ReaderKind
    credential: Credential | None = None
    address: str = ""
    opened_at: int = 0
    position: int = 0
    """What it had passed when it was last brought to where the hub stood. It is told what comes after."""
    is_live: bool = False
    """Whether it stands where the hub stands, and is told what the hub tells."""
    is_closed: bool = False
    since: float = field(default_factory=time)
    """When it was opened, in seconds since 1970."""
    stalled_at: float = 0.0
    """When its reader was last found not to take what is sent, by the loop's clock."""
    form: Form = field(init=False)
    _shown: frozenset[int] = frozenset()
    _newest_shown: int = 0

    def __post_init__(self) -> None:
        self.form = FORMS[self.kind]

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

    def names(self, post_id: int) -> bool:
        """Whether the page has said that it shows the post."""
        return post_id in self._shown

    def follows(self, author_id: int) -> bool:
        """Whether the author's posts are on this person's home."""
        return self.viewer is not None and (author_id == self.viewer.user_id or author_id in self.viewer.followed)
