"""Which posts bear which tag."""

from collections import Counter
from typing import ClassVar

from django.db import models
from django.db.models import Exists, Max, OuterRef

from livefeed.models.post import Post
from livefeed.models.user import COMPLETIONS, User

LOOKED_AT = 500
"""How many taggings are looked at to complete a tag: the newest ones, then as many of those that begin with it."""
LAST = "\U0010ffff"
"""Sorts after all that tags are made of."""


class TaggingManager(models.Manager["Tagging"]):
    """Keeps the index of tags."""

    def keep(self, post: Post) -> None:
        """Lets the index say what the post's `tags` say."""
        if gone := post.saved_tags - post.current_tags:
            self.filter(post=post, tag__in=gone).delete()
        new = [Tagging(post=post, tag=tag, created_at=post.created_at) for tag in post.current_tags - post.saved_tags]
        self.bulk_create(new, ignore_conflicts=True)

    def complete(self, typed: str, viewer: User | None, most: int = COMPLETIONS) -> list[str]:
        """Up to `most` tags that begin with `typed`, given as `markup.normal` makes it, on posts that `viewer` may see:
        first what the newest posts bear, the most used first, then older ones from A to Z."""
        begun = self.filter(Exists(Post.objects.visible_to(viewer).filter(pk=OuterRef("post"))), tag__startswith=typed)
        begun_tags = begun.values_list("tag", flat=True)
        newest = self.aggregate(newest=Max("pk"))["newest"] or 0
        used = Counter(begun_tags.filter(pk__gt=newest - LOOKED_AT).order_by("-pk"))
        found = [tag for tag, _ in used.most_common(most)]
        first = self.filter(tag__range=(typed, typed + LAST)).order_by("tag").values("pk")[:LOOKED_AT]
        older = begun_tags.filter(pk__in=first).exclude(tag__in=found).order_by("tag").distinct()
        return [*found, *older[: most - len(found)]]


class Tagging(models.Model):
    """A post bears a tag. `created_at` is the post's, so that a tag's newest posts are found in one index."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="taggings")
    tag = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    objects: ClassVar[TaggingManager] = TaggingManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "tag"], name="tagging_unique")]
        indexes = [models.Index(fields=["tag", "created_at", "post"], name="tagging_newest")]

    def __str__(self) -> str:
        return f"post {self.post_id} bears #{self.tag}"
