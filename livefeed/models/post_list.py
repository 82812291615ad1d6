"""Lists of posts whose order an index has: profiles, threads, bookmarks and all public posts."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from livefeed.models import sort_keys
from livefeed.models.compiled import compiled
from livefeed.models.post import Post
from livefeed.models.post_query import PostQuerySet
from livefeed.models.user import User

ListName = Literal["public", "posts", "replies", "media", "likes", "bookmarks", "thread"]
LISTS: dict[ListName, Callable[[PostQuerySet, int | None], PostQuerySet]] = {
    "public": lambda posts, _: posts.public().top_level(),
    "posts": lambda posts, author_id: posts.filter(author=author_id).top_level(),
    "replies": lambda posts, author_id: posts.filter(author=author_id).replies_only(),
    "media": lambda posts, author_id: posts.filter(author=author_id).having_pictures(),
    "likes": lambda posts, user_id: posts.filter(likes__user=user_id),
    "bookmarks": lambda posts, user_id: posts.filter(bookmarks__user=user_id),
    "thread": lambda posts, parent_id: posts.filter(parent=parent_id),
}
"""Conditions of each list. The second argument is the id of the user, or of the post that is replied to."""


class Start(NamedTuple):
    """Time and id of the last post of the page before; None for the first page."""

    moment: datetime | None = None
    pk: int | None = None


class PostSource(ABC):
    """A page of posts in their order."""

    def after(self, sort_key: str, count: int) -> list[Post]:
        """Returns the `count` posts that follow `sort_key` (empty: from the beginning). Raises `ValueError` if it is
        not a sort key."""
        return self.read(Start(*sort_keys.decode(sort_key)) if sort_key else Start(), count)

    @abstractmethod
    def read(self, start: Start, count: int) -> list[Post]:
        """Returns the `count` posts that follow `start`."""


@dataclass(frozen=True)
class PostList(PostSource):
    """A list of LISTS, as `viewer` may see it: newest first, a thread's replies oldest first."""

    name: ListName
    viewer: User | None
    key: int | None = None

    def read(self, start: Start, count: int) -> list[Post]:
        return _listed_posts(self.viewer, self.key, *start, name=self.name, count=count)


@compiled
def _listed_posts(
    viewer: User | None, key: int | None, moment: datetime | None, pk: int | None, *, name: ListName, count: int
) -> Any:
    posts = LISTS[name](Post.objects.visible_to(viewer), key)
    if name == "thread":
        return posts.newer_than(moment, pk).oldest_first()[:count]
    return posts.older_than(moment, pk).newest_first()[:count]
