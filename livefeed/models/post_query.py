"""Querysets of posts: visibility, selection and order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from livefeed.live.queryset import LiveQuerySet
from livefeed.models import sort_keys
from livefeed.models.counters import CounterQuerySet
from livefeed.models.user import User

if TYPE_CHECKING:
    from livefeed.models.post import Post  # noqa: F401  # the type argument of the queryset below


class Audience(models.TextChoices):
    """Readers who may see a post."""

    PUBLIC = "public", "Everyone"
    FOLLOWERS = "followers", "Followers"


RENDERED_FIELDS = (
    *("id", "version", "title", "body", "created_at", "edited_at", "key", "audience", "tags", "removed_at"),
    *("likes_count", "replies_count", "pictures_count", "has_poll", "parent_author_id", "ancestors"),
    *("author__username", "author__name", "author__avatar"),
    *("parent__author__username", "parent__removed_at"),
)
"""Fields of a post and of related rows that are read to render it."""


class PostQuerySet(LiveQuerySet["Post"], CounterQuerySet["Post"]):  # type: ignore[override]  # of `as_manager`
    """Queries for posts. The methods can be combined in any order."""

    def visible_to(self, viewer: User | None) -> Self:
        """Posts that `viewer` (None: a visitor) may see. The only place that decides this for rows."""
        allowed = Q(audience=Audience.PUBLIC)
        if viewer is not None:
            allowed |= Q(author=viewer) | Q(_is_followed_by(viewer, "author"))
        return self.present().filter(allowed, author__is_active=True)

    def present(self) -> Self:
        """Posts that were not removed."""
        return self.filter(removed_at=None)

    def public(self) -> Self:
        """Posts for everyone, not only for followers."""
        return self.filter(audience=Audience.PUBLIC)

    def tagged(self, tag: str) -> Self:
        """Posts with a tag, in the form that `markup.normalize_tag` returns."""
        return self.filter(taggings__tag=tag)

    def home_of(self, viewer: User, authors: Collection[int] | None = None) -> Self:
        """Posts on `viewer`'s home page: the viewer's own and those of followed authors. A reply is included if the
        viewer or a followed author wrote the post that it replies to. `authors` limits the result to some of these
        authors, by id."""
        # One list of authors, not an OR of two conditions: with an OR, SQLite sorts all posts of all of them
        # (84 ms instead of 1 ms at 1,000,000 posts).
        own = User.objects.filter(pk=viewer.pk).values("pk")
        all_authors = own.union(viewer.following.values("followed"), all=True)
        answers_shown = Q(parent_author_id=viewer.pk) | Q(_is_followed_by(viewer, "parent_author_id"))
        is_shown = Q(parent_author_id=0) | answers_shown
        return self.filter(is_shown, author__in=all_authors if authors is None else authors)

    def top_level(self) -> Self:
        """Posts that are no replies."""
        return self.filter(parent_author_id=0)

    def replies_only(self) -> Self:
        """Posts that are replies."""
        return self.filter(parent_author_id__gt=0)

    def having_pictures(self) -> Self:
        """Posts with at least one picture."""
        return self.filter(pictures_count__gt=0)

    def with_related(self) -> Self:
        """Selects the related rows and the fields that rendering needs: a page reads 20 posts with up to 20 authors, 20
        parents and their authors."""
        return self.select_related("author", "parent__author").only(*RENDERED_FIELDS)

    def newest_first(self) -> Self:
        return self.with_related().order_by("-created_at", "-pk")

    def oldest_first(self) -> Self:
        return self.with_related().order_by("created_at", "pk")

    def created_between(self, after: datetime | None, before: datetime | None) -> Self:
        """Posts created at or after one time (None: any) and before another (None: any)."""
        posts = self if after is None else self.filter(created_at__gte=after)
        return posts if before is None else posts.filter(created_at__lt=before)

    def older_than(self, moment: datetime | None, pk: int | None) -> Self:
        """Posts that follow the post `pk`, created at `moment`, in the order of `newest_first`; without it all."""
        return self if moment is None or pk is None else self.filter(sort_keys.older_than(moment, pk))

    def newer_than(self, moment: datetime | None, pk: int | None) -> Self:
        """Posts that follow the post `pk`, created at `moment`, in the order of `oldest_first`; without it all."""
        return self if moment is None or pk is None else self.filter(sort_keys.newer_than(moment, pk))


def _is_followed_by(viewer: User, field: str) -> Exists:
    """Returns a condition on the user id in `field`. It is examined for the few rows that depend on it; a list of all
    followed users would be made for each query."""
    return Exists(viewer.following.filter(followed=OuterRef(field)))
