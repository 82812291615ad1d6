"""One open connection and what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import time
from typing import Literal, NamedTuple

from consumers.protocol.frames import Form
from consumers.protocol.transport import Sender

ViewKind = Literal["home", "public", "user", "replies", "media", "post", "tag", "shown"]
ClientKind = Literal["browser", "program", "poll"]
FORMS: dict[ClientKind, Form] = {"browser": "html", "program": "json", "poll": "html"}

MAX_SHOWN_POSTS = 300
"""Posts that a page may report as shown."""


def is_number(text: str) -> bool:
    """True if untrusted text is a whole number that fits the database's integers."""
    return text.isascii() and text.isdecimal() and len(text) < 19


class View(NamedTuple):
    """The feed that a page shows.

    `home`: the viewer's home feed. `public`: all public posts. `user`, `replies`, `media`: one author's posts, replies
    or posts with pictures; `key` is the author's id. `post`: one post and its replies; `key` is its id. `tag`: the
    posts of the tag `key`. `shown`: only the posts that the page reports as shown.
    """

    kind: ViewKind
    key: int | str = 0
    author_id: int = 0
    """The author whose page or post it is."""
    ancestor_ids: tuple[int, ...] = ()
    """Ids of the posts above a post in its thread; the page of the post shows them too."""

    @property
    def keys(self) -> tuple[int | str, ...]:
        """Keys under which the view is indexed; none for a home feed, which is indexed by the authors followed."""
        return () if self.kind == "home" else (self.key, *self.ancestor_ids)


# Shared by all connections that show them: one object stays in the processor's cache.
HOME = View("home")
PUBLIC = View("public")
SHOWN = View("shown")


class Credential(NamedTuple):
    """The credential that opened a connection: the number of a sign-in or the id of a token."""

    kind: Literal["session", "token"]
    id: int


@dataclass(eq=False, slots=True)
class Viewer:
    """A signed-in user, shared by all of the user's connections in this process; the oldest connection is first.

    They are few, and a tuple takes a sixth of the memory of a dictionary that is also read for each post.
    """

    user_id: int
    followed: set[int]
    connections: tuple[Connection, ...] = ()


@dataclass(eq=False, slots=True)
class Connection:
    """An open socket or poll.

    `viewer_position` is the position of the event log just before the viewer was read from the database: later changes
    of the viewer are events after that position.
    """

    view: View
    viewer: Viewer | None
    sender: Sender
    kind: ClientKind
    credential: Credential | None = None
    address: str = ""
    viewer_position: int = 0
    position: int = 0
    """Log position up to which the connection has been brought; it receives the events after it."""
    is_live: bool = False
    """True if the connection is at the hub's position and receives events as the hub dispatches them."""
    is_closed: bool = False
    opened_at: float = field(default_factory=time)
    """Seconds since 1970."""
    paused_at: float = 0.0
    """Time of the event loop at which the sender was last found full."""
    form: Form = field(init=False)
    _shown: frozenset[int] = frozenset()
    _newest_shown: int = 0

    def __post_init__(self) -> None:
        self.form = FORMS[self.kind]

    def show(self, post_ids: Iterable[int]) -> set[int]:
        """Records the posts that the page shows; returns those whose changes were not delivered before.

        Posts newer than all of them count as shown: the page receives them as they are created.
        """
        shown = frozenset(post_ids)
        added = {post_id for post_id in shown if not self.may_show(post_id)}
        self._shown = shown
        self._newest_shown = max(shown, default=0)
        return added

    def may_show(self, post_id: int) -> bool:
        """True if a change of the post concerns the page. Every post does until the page has reported what it shows."""
        return post_id > self._newest_shown or post_id in self._shown

    def has_reported(self, post_id: int) -> bool:
        """True if the page has reported the post as shown."""
        return post_id in self._shown

    def follows(self, author_id: int) -> bool:
        """True if the author's posts are in the viewer's home feed."""
        return self.viewer is not None and (author_id == self.viewer.user_id or author_id in self.viewer.followed)
