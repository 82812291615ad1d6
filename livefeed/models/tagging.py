"""Which posts bear which tag."""

from typing import ClassVar

from django.db import models

from livefeed.models.post import Post


class TaggingManager(models.Manager["Tagging"]):
    """Keeps the index of tags."""

    def keep(self, post: Post) -> None:
        """Lets the index say what the post's `tags` say."""
        if gone := post.tags_kept - post.tags_now:
            self.filter(post=post, tag__in=gone).delete()
        new = [Tagging(post=post, tag=tag, created_at=post.created_at) for tag in post.tags_now - post.tags_kept]
        self.bulk_create(new, ignore_conflicts=True)


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
