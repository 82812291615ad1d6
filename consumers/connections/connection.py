"""One open connection and what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from consumers.protocol.transport import Sender
from livefeed.live.credentials import Credential
from livefeed.live.readers import Form, View

if TYPE_CHECKING:
    from consumers.hub.watches import Request

ClientKind = Literal["browser", "program", "poll"]
FORMS: dict[ClientKind, Form] = {"browser": "html", "program": "json", "poll": "html"}

MAX_SHOWN_POSTS = 300
"""Posts that a page may report as shown."""
MAX_VIEWS = 10
"""Views of one connection."""


class Watch(NamedTuple):
    """A view of a connection, under the name by which the client asked for it. Its events after the log position
    `start` were delivered."""

    name: str
    view: View
    start: int


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
    name: str = ""
    """Name of the view in the client's request, or of the view itself if the client gave none."""
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
    watches: tuple[Watch, ...] = ()
    """The views whose events the connection receives. `begin` makes the first of them the one with which it was
    opened."""
    views: tuple[View, ...] = field(init=False)
    """The views in `watches`."""
    has_home: bool = field(init=False)
    """True if one of the views is the home feed."""
    requests: list[Request] = field(default_factory=list)
    """The client's requests to add or remove a view that have not been answered yet, oldest first. A list, because an
    empty deque takes as much memory as all else that is kept for a connection."""
    _shown: frozenset[int] = frozenset()
    _newest_shown: int = 0

    def __post_init__(self) -> None:
        self.form = FORMS[self.kind]
        self.name = self.name or self.view.name
        self.watch([Watch(self.name, self.view, self.position)])

    def begin(self, position: int) -> None:
        """Sets the position after which the events of a new connection begin."""
        self.position = position
        self.watches = (Watch(self.name, self.view, position),)

    def watch(self, watches: Iterable[Watch]) -> None:
        """Replaces the views of the connection. Once it is subscribed, only `Subscriptions.replace_views` does that."""
        self.watches = tuple(watches)
        self.views = tuple(watch.view for watch in self.watches)
        self.has_home = any(view.kind == "home" for view in self.views)

    @property
    def topics(self) -> set[str]:
        """Topics of all views, without the followed authors of a home feed."""
        return {topic for view in self.views for topic in view.topics}

    @property
    def user_id(self) -> int:
        """Id of the viewer; 0 for a visitor."""
        return self.viewer.user_id if self.viewer else 0

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
