"""The index of tags: one row for each tag of each post."""

from collections import Counter
from typing import ClassVar

from django.db import models
from django.db.models import Exists, Max, OuterRef

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
        visible = Exists(Post.objects.visible_to(viewer).filter(pk=OuterRef("post")))
        matching = self.filter(visible, tag__startswith=typed).values_list("tag", flat=True)

        newest = self.aggregate(newest=Max("pk"))["newest"] or 0
        uses = Counter(matching.filter(pk__gt=newest - MAX_TAGGINGS_SEARCHED).order_by("-pk"))
        recent = [tag for tag, _ in uses.most_common(most)]

        in_range = self.filter(tag__range=(typed, typed + LAST_CHARACTER)).order_by("tag")
        searched = in_range.values("pk")[:MAX_TAGGINGS_SEARCHED]
        others = matching.filter(pk__in=searched).exclude(tag__in=recent).order_by("tag").distinct()
        return [*recent, *others[: most - len(recent)]]


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
