"""Readers of events, as declarations see them. `consumers` implements them by its connections."""

from typing import Literal, NamedTuple, Protocol

from livefeed.live.topics import Topics

Form = Literal["html", "json"]
"""Format of a frame: `html` for pages, `json` for programs."""


class View(NamedTuple):
    """Part of the site that a page or program shows: one row of the table in `views`, for one key."""

    kind: str
    """Name of the view, such as `home` or `tag`."""
    key: int | str = ""
    """Id of an author or a post, or a tag; empty if the view needs none."""
    topics: Topics = frozenset()
    """Topics whose events the view receives. A home feed also receives `author:<id>` of each followed author: the
    reader's `follows` decides that, because there may be thousands."""
    author_id: int = 0
    """The author whose page or post it is; else 0."""
    depends_on_follows: bool = False
    """True if its rows depend on whom the reader follows: it reloads after the reader follows or unfollows a user."""

    @property
    def name(self) -> str:
        """Name of the view and its key, as users may see it."""
        return f"{self.kind}:{self.key}" if self.key else self.kind


class Reader(Protocol):
    """A page or program that may receive events."""

    @property
    def form(self) -> Form:
        """Format of its frames."""

    @property
    def user_id(self) -> int:
        """Id of the signed-in user; 0 for a visitor."""

    def follows(self, author_id: int) -> bool:
        """True if the author's posts are in the user's home feed: for followed authors and the user."""

    def may_show(self, subject_id: int) -> bool:
        """True if a change of the subject concerns the page: if the page shows it, or if it is newer than all that the
        page shows."""

    def has_reported(self, subject_id: int) -> bool:
        """True if the page has reported the subject as shown."""
