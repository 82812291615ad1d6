"""Finds the newest posts of a page without sorting all posts that could be on it.

A home page selects from millions of posts, a tag's page from hundreds of thousands. A window is a small set of posts
that includes the next posts of the page. Index lookups determine it, without reading any post. Visibility plays no part
in that: windows are cut from the posts that the viewer may see.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import NamedTuple

from django.db.models import F, OuterRef, Q, Subquery

from livefeed.models import sort_keys
from livefeed.models.post import Post
from livefeed.models.post_query import PostQuerySet
from livefeed.models.tagging import Tagging
from livefeed.models.user import User

WINDOW_FACTORS = (2, 32)
"""Sizes of the windows that are tried, as multiples of the wanted posts. Greater than 1, because some posts of a window
are not visible, or are replies that do not belong on the page. If the larger window has too few posts too, all posts
are sorted."""
MAX_QUERIES = 7
"""Three for the smaller window and its posts, which usually suffice; three for the larger; one for all posts."""


class Window(NamedTuple):
    """Candidates for the next posts. `is_complete` is true if they are all posts of the page."""

    posts: PostQuerySet
    is_complete: bool


class Author(NamedTuple):
    """Times of an author's posts: the newest one, and the oldest one that the window can need. None if the author has
    fewer posts."""

    pk: int
    newest: datetime | None
    oldest_needed: datetime | None


class FeedWindow(ABC):
    """A page of posts, and the way to find its next posts."""

    def newest(self, posts: PostQuerySet, start: str, count: int) -> list[Post]:
        """Returns the newest `count` of `posts` on the page that are older than the sort key `start` (empty: the newest
        of all). Makes at most MAX_QUERIES queries. Raises `ValueError` if `start` is not a sort key."""
        if start:
            posts = posts.before(start)
        for factor in WINDOW_FACTORS:
            window = self.window(posts, start, factor * count)
            found = list(window.posts.newest_first()[:count])
            if window.is_complete or len(found) == count:
                return found
        return list(self.all(posts).newest_first()[:count])

    @abstractmethod
    def all(self, posts: PostQuerySet) -> PostQuerySet:
        """Returns those of `posts` that belong on the page."""

    @abstractmethod
    def window(self, posts: PostQuerySet, start: str, size: int) -> Window:
        """Returns a window of about `size` of the newest `posts` of the page, all older than `start`. Every post left
        out is older than all posts in the window."""


@dataclass(frozen=True)
class HomeWindow(FeedWindow):
    """The home page of `viewer`.

    Reads the posts of the `size` followed authors with the newest posts. All posts newer than the newest post of the
    last of these authors are by the others of them. And `size` posts by any one author fill the window.
    """

    viewer: User

    def all(self, posts: PostQuerySet) -> PostQuerySet:
        return posts.home_of(self.viewer)

    def window(self, posts: PostQuerySet, start: str, size: int) -> Window:
        followed = list(self._followed(start, size))
        authors = [author for author in [*followed, *self._viewer(start, size)] if author.newest]
        window = posts.home_of(self.viewer, [author.pk for author in authors])

        newest = max((author.newest for author in authors if author.newest), default=None)
        if newest:  # a tighter bound than `start`
            window = window.filter(created_at__lte=newest)

        oldest = max((author.oldest_needed for author in authors if author.oldest_needed), default=None)
        if oldest:
            window = window.filter(created_at__gte=oldest)

        newest_of_last = followed[-1].newest if len(followed) == size else None
        if newest_of_last:  # up to there, authors who were not read may have posts as well
            window = window.filter(created_at__gt=newest_of_last)

        return Window(window, is_complete=not (oldest or newest_of_last))

    def _followed(self, start: str, size: int) -> Iterator[Author]:
        """Returns the `size` followed authors with the newest posts. Reads follows alone: joining the users takes twice
        as long."""
        newest, oldest_needed = _post_times(start, size, "followed")
        follows = self.viewer.following.annotate(newest=newest).order_by(F("newest").desc(nulls_last=True))
        return starmap(Author, follows.values_list("followed", "newest", oldest_needed)[:size])

    def _viewer(self, start: str, size: int) -> Iterator[Author]:
        """Returns the viewer as an author."""
        viewer = User.objects.filter(pk=self.viewer.pk)
        return starmap(Author, viewer.values_list("pk", *_post_times(start, size, "pk")))


def _post_times(start: str, size: int, author_field: str) -> tuple[Subquery, Subquery]:
    """Returns expressions for the times of the newest and the `size`-th newest post up to `start` by the author in
    `author_field`. Both read one index only."""
    posts = Post.objects.filter(author=OuterRef(author_field))
    if start:
        posts = posts.filter(created_at__lte=sort_keys.decode(start)[0])
    times = posts.order_by("-created_at", "-pk").values("created_at")
    return Subquery(times[:1]), Subquery(times[size - 1 : size])


@dataclass(frozen=True)
class TagWindow(FeedWindow):
    """The page of a tag."""

    tag: str

    def all(self, posts: PostQuerySet) -> PostQuerySet:
        return posts.tagged(self.tag)

    def window(self, posts: PostQuerySet, start: str, size: int) -> Window:
        taggings = Tagging.objects.filter(tag=self.tag)
        if start:
            moment, pk = sort_keys.decode(start)
            taggings = taggings.filter(Q(created_at__lt=moment) | Q(post__lt=pk), created_at__lte=moment)
        post_ids = list(taggings.order_by("-created_at", "-post_id").values_list("post", flat=True)[:size])
        return Window(posts.filter(pk__in=post_ids), is_complete=len(post_ids) < size)
