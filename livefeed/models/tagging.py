"""The index of tags: one row for each tag of each post."""

from collections import Counter
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Subquery, Value

from livefeed.models.compiled import compiled
from livefeed.models.post import Post
from livefeed.models.user import COMPLETIONS, User

MAX_TAGGINGS_SEARCHED = 500
"""Taggings read to complete a tag: this many of the newest, then this many with a matching tag."""
LAST_CHARACTER = "\U0010ffff"
"""Sorts after all characters of tags."""


class TaggingManager(models.Manager["Tagging"]):
    """Keeps the index up to date and completes tags."""

    def keep(self, post: Post) -> None:
        """Updates the index after a save of the post's `tags`."""
        if removed := post.saved_tags - post.current_tags:
            self.filter(post=post, tag__in=removed).delete()
        added = post.current_tags - post.saved_tags
        rows = [Tagging(post=post, tag=tag, created_at=post.created_at) for tag in added]
        self.bulk_create(rows, ignore_conflicts=True)

    def complete(self, typed: str, viewer: User | None, most: int = COMPLETIONS) -> list[str]:
        """Returns up to `most` tags that begin with `typed` (as `markup.normalize_tag` returns it), on posts that
        `viewer` may see: first tags of the newest posts, the most used first, then other tags from A to Z."""
        rows = sorted(_matching_taggings(viewer, typed, typed + LAST_CHARACTER), reverse=True)
        uses = Counter(tag for pk, tag in rows if pk)
        most_used = [tag for tag, _ in uses.most_common(most)]
        rest = sorted({tag for _, tag in rows}.difference(most_used))
        return [*most_used, *rest][:most]


@compiled
def _matching_taggings(viewer: User | None, typed: str, end: str) -> Any:
    """Rows of taggings with tags that begin with `typed`, all of which sort before `end`: the id and the tag of recent
    ones, 0 and the tag of others."""
    visible = Exists(Post.objects.visible_to(viewer).filter(pk=OuterRef("post")))
    matching = Tagging.objects.filter(visible, tag__startswith=Value(typed))
    newest = Subquery(Tagging.objects.order_by("-pk").values("pk")[:1])
    recent = matching.filter(pk__gt=newest - MAX_TAGGINGS_SEARCHED).values_list("pk", "tag")
    in_range = Tagging.objects.filter(tag__range=(typed, end)).order_by("tag")
    others = matching.filter(pk__in=in_range.values("pk")[:MAX_TAGGINGS_SEARCHED])
    return recent.union(others.values_list(Value(0), "tag"))


class Tagging(models.Model):
    """A tag of a post. `created_at` is copied from the post, so that one index finds the newest posts of a tag."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="taggings")
    tag = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    objects: ClassVar[TaggingManager] = TaggingManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "tag"], name="tagging_unique")]
        indexes = [models.Index(fields=["tag", "created_at", "post"], name="tagging_newest")]

    def __str__(self) -> str:
        return f"post {self.post_id} bears #{self.tag}"
