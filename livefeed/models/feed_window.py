"""Finding the newest posts of a page without sorting all that could ever be on it.

Somebody's home could show millions of posts, a tag's page hundreds of thousands. A window is a few of them, among which
the next posts of the page are, found by what an index tells without a look at any post. Who may see a post plays no
part in that: what is looked through are the posts that the viewer may see.
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

REACHES = 2, 32
"""How many times the posts that are wanted a window holds: more than once, as some cannot be seen or are replies that
do not belong there. Where the farther one finds too few as well, all posts are sorted."""
MOST_QUERIES = 7
"""Three for a window and what is in it, mostly enough; three for the farther one; one for all."""


class Author(NamedTuple):
    """When somebody wrote the next post, and the farthest that may be of use. None: there are not so many."""

    pk: int
    newest: datetime | None
    farthest: datetime | None


class FeedWindow(ABC):
    """What a page is a page of, and where its next posts are."""

    def newest(self, posts: PostQuerySet, start: str, count: int) -> list[Post]:
        """The newest `count` of the page's among `posts` that come after the sort key `start` (empty: of all). Asks the
        database MOST_QUERIES times at most. Raises `ValueError` if `start` is no sort key."""
        if start:
            posts = posts.before(start)
        for times in REACHES:
            near, is_all = self.candidates(posts, start, times * count)
            found = list(near.newest_first()[:count])
            if is_all or len(found) == count:
                return found
        return list(self.all(posts).newest_first()[:count])

    @abstractmethod
    def all(self, posts: PostQuerySet) -> PostQuerySet:
        """Those of `posts` that belong on the page."""

    @abstractmethod
    def candidates(self, posts: PostQuerySet, start: str, reach: int) -> tuple[PostQuerySet, bool]:
        """The next of them after `start`, of `reach` posts mostly, without any that is older than one that is left out;
        and whether these are all."""


@dataclass(frozen=True)
class HomeWindow(FeedWindow):
    """The home of `viewer`. The next posts of many authors are by those whose own next posts are newest: all that is
    newer than the next post of the `reach`th of them is by those before. And `reach` posts by any of them are enough.
    """

    viewer: User

    def all(self, posts: PostQuerySet) -> PostQuerySet:
        return posts.home_of(self.viewer)

    def candidates(self, posts: PostQuerySet, start: str, reach: int) -> tuple[PostQuerySet, bool]:
        followed = list(self._followed(start, reach))
        authors = [author for author in [*followed, *self._own(start, reach)] if author.newest]
        near = posts.home_of(self.viewer, [author.pk for author in authors])
        after = followed[-1].newest if len(followed) == reach else None
        upto = max((author.newest for author in authors if author.newest), default=None)
        since = max((author.farthest for author in authors if author.farthest), default=None)
        bounds = {"created_at__gt": after, "created_at__gte": since, "created_at__lte": upto}
        near = near.filter(**{bound: moment for bound, moment in bounds.items() if moment})
        return near, not (after or since)

    def _followed(self, start: str, reach: int) -> Iterator[Author]:
        """The `reach` followed people whose next posts are newest. Of follows alone: to look at each person's row as
        well takes as long again."""
        newest, farthest = _times(start, reach, "followed")
        follows = self.viewer.following.annotate(newest=newest).order_by(F("newest").desc(nulls_last=True))
        return starmap(Author, follows.values_list("followed", "newest", farthest)[:reach])

    def _own(self, start: str, reach: int) -> Iterator[Author]:
        return starmap(Author, User.objects.filter(pk=self.viewer.pk).values_list("pk", *_times(start, reach, "pk")))


def _times(start: str, reach: int, author: str) -> tuple[Subquery, Subquery]:
    """When the author that a field names wrote the next post after `start`, and the `reach`th: in an index alone."""
    upto = {"created_at__lte": sort_keys.decode(start)[0]} if start else {}
    written = Post.objects.filter(author=OuterRef(author), **upto).order_by("-created_at", "-pk").values("created_at")
    return Subquery(written[:1]), Subquery(written[reach - 1 : reach])


@dataclass(frozen=True)
class TagWindow(FeedWindow):
    """The page of a tag."""

    tag: str

    def all(self, posts: PostQuerySet) -> PostQuerySet:
        return posts.tagged(self.tag)

    def candidates(self, posts: PostQuerySet, start: str, reach: int) -> tuple[PostQuerySet, bool]:
        bearing = Tagging.objects.filter(tag=self.tag)
        if start:
            moment, pk = sort_keys.decode(start)
            bearing = bearing.filter(Q(created_at__lt=moment) | Q(post__lt=pk), created_at__lte=moment)
        found = list(bearing.order_by("-created_at", "-post_id").values_list("post", flat=True)[:reach])
        return posts.filter(pk__in=found), len(found) < reach
