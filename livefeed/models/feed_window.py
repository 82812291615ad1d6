"""Finds the newest posts of a page without sorting all posts that could be on it.

A home page selects from millions of posts, a tag's page from hundreds of thousands. A window is a small set of posts
that includes the next posts of the page. Index lookups determine it, without reading any post. Visibility plays no part
in that: windows are cut from the posts that the viewer may see.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, Subquery

from livefeed.models.compiled import compiled
from livefeed.models.post import Post
from livefeed.models.post_list import PostSource, Start
from livefeed.models.tagging import Tagging
from livefeed.models.user import User

WINDOW_FACTORS = (2, 32)
"""Sizes of the windows that are tried, as multiples of the wanted posts. Greater than 1, because some posts of a window
are not visible, or are replies that do not belong on the page. If the larger window has too few posts too, all posts
are sorted."""
MAX_QUERIES = 5
"""Two for the smaller window and its posts, which usually suffice; two for the larger; one for all posts."""


TIMES = ("newest", "oldest_needed")
"""Names of the times in `Author`."""


class Window(NamedTuple):
    """The newest posts of a window. `is_complete` is true if the window has all posts of the page."""

    newest: list[Post]
    is_complete: bool


class Author(NamedTuple):
    """Times of an author's posts: the newest one, and the oldest one that the window can need (None if the author has
    fewer posts)."""

    pk: int
    newest: datetime
    oldest_needed: datetime | None


class FeedWindow(PostSource, ABC):
    """A page of posts, and the way to find its next posts. Makes at most MAX_QUERIES queries."""

    def read(self, start: Start, count: int) -> list[Post]:
        for factor in WINDOW_FACTORS:
            window = self.window(start, factor * count, count)
            if window.is_complete or len(window.newest) == count:
                return window.newest
        return self.all(start, count)

    @abstractmethod
    def all(self, start: Start, count: int) -> list[Post]:
        """Returns the newest `count` posts of the page that are older than `start`, by sorting all of them."""

    @abstractmethod
    def window(self, start: Start, size: int, count: int) -> Window:
        """Returns the newest `count` posts of a window of about `size` of the newest posts of the page, all older than
        `start`. Every post left out of the window is older than all posts in it."""


@dataclass(frozen=True)
class HomeWindow(FeedWindow):
    """The home page of `viewer`.

    Reads the posts of the `size` authors with the newest posts. All posts newer than the newest post of the
    last of these authors are by the others of them. And `size` posts by any one author fill the window.
    """

    viewer: User

    def all(self, start: Start, count: int) -> list[Post]:
        return _home_posts(self.viewer, None, *start, None, None, None, count=count)

    def window(self, start: Start, size: int, count: int) -> Window:
        rows = _times_of_authors(self.viewer, start.moment, size=size)
        authors = [Author(*row) for row in rows if row[1]]
        if not authors:
            return Window([], is_complete=True)
        oldest = max((author.oldest_needed for author in authors if author.oldest_needed), default=None)
        # Up to the newest post of the last author, authors who were not read may have posts as well.
        newest_of_last = authors[-1].newest if len(authors) == size else None
        newest = authors[0].newest  # a tighter bound than `start`
        ids = [author.pk for author in authors]
        found = _home_posts(self.viewer, ids, *start, newest, oldest, newest_of_last, count=count)
        return Window(found, is_complete=not (oldest or newest_of_last))


@compiled
def _times_of_authors(viewer: User, moment: datetime | None, *, size: int) -> Any:
    """Ids and times of the `size` authors with the newest posts, newest first, among the viewer and the followed
    users."""
    own = User.objects.filter(pk=viewer.pk).annotate(**_post_times("pk", moment, size))
    followed = viewer.following.annotate(**_post_times("followed", moment, size))
    rows = own.values_list("pk", *TIMES).union(followed.values_list("followed", *TIMES), all=True)
    return rows.order_by(F("newest").desc(nulls_last=True))[:size]


def _post_times(author_field: str, moment: datetime | None, size: int) -> dict[str, Subquery]:
    """Returns expressions for TIMES: the newest and the `size`-th newest post up to `moment` by the author in
    `author_field`. Both read one index only."""
    posts = Post.objects.filter(author=OuterRef(author_field))
    if moment:
        posts = posts.filter(created_at__lte=moment)
    times = posts.order_by("-created_at", "-pk").values("created_at")
    return dict(zip(TIMES, (Subquery(times[:1]), Subquery(times[size - 1 : size])), strict=True))


@compiled
def _home_posts(
    viewer: User,
    authors: list[int] | None,
    moment: datetime | None,
    pk: int | None,
    newest: datetime | None,
    oldest: datetime | None,
    after: datetime | None,
    *,
    count: int,
) -> Any:
    """The newest posts of `viewer`'s home page by `authors` (None: all), within the given bounds."""
    posts = Post.objects.visible_to(viewer).older_than(moment, pk).home_of(viewer, authors)
    if newest:
        posts = posts.filter(created_at__lte=newest)
    if oldest:
        posts = posts.filter(created_at__gte=oldest)
    if after:
        posts = posts.filter(created_at__gt=after)
    # Sorted by their index alone: sorting whole posts takes twice as long.
    page = posts.order_by("-created_at", "-pk").values("pk")[:count]
    return Post.objects.filter(pk__in=page).newest_first()


@dataclass(frozen=True)
class TagWindow(FeedWindow):
    """The page of a tag, as `viewer` may see it."""

    tag: str
    viewer: User | None

    def all(self, start: Start, count: int) -> list[Post]:
        return _tagged_posts(self.viewer, self.tag, None, *start, count=count)

    def window(self, start: Start, size: int, count: int) -> Window:
        post_ids = _tagged_ids(self.tag, *start, size=size)
        found = _tagged_posts(self.viewer, None, post_ids, *start, count=count)
        return Window(found, is_complete=len(post_ids) < size)


@compiled
def _tagged_ids(tag: str, moment: datetime | None, pk: int | None, *, size: int) -> Any:
    """The ids of the newest posts with a tag."""
    taggings = Tagging.objects.filter(tag=tag)
    if moment and pk:
        taggings = taggings.filter(Q(created_at__lt=moment) | Q(post__lt=pk), created_at__lte=moment)
    return taggings.order_by("-created_at", "-post_id").values_list("post", flat=True)[:size]


@compiled
def _tagged_posts(
    viewer: User | None,
    tag: str | None,
    ids: list[int] | None,
    moment: datetime | None,
    pk: int | None,
    *,
    count: int,
) -> Any:
    """The newest posts with a tag, or with the given ids."""
    posts = Post.objects.visible_to(viewer).older_than(moment, pk)
    posts = posts.tagged(tag) if tag else posts.filter(pk__in=ids)
    return posts.newest_first()[:count]
