"""What people mark posts with: likes, which all see counted, and bookmarks, which nobody else sees."""

from typing import Any, ClassVar

from django.db import IntegrityError, models, transaction

from livefeed.models.post import Post
from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import User


class ReactionManager(RelationManager[Any]):
    """Begins and ends marks."""

    def add(self, user: User, post: Post) -> bool:
        """Marks the post; True if that is new. Raises `Post.DoesNotExist` if it went meanwhile."""
        try:
            with transaction.atomic():
                is_new = self.create_once(user=user, post=post)
                Post.objects.present().get(pk=post.pk)  # a like was counted, which has locked it
                return is_new
        except IntegrityError:
            raise Post.DoesNotExist from None

    def remove(self, user: User, post: Post) -> bool:
        """Takes the mark away; True if there was one."""
        return self.delete_once(user=user, post=post)


class Reaction(Relation):
    """A person's mark on a post."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)ss")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="%(class)ss")

    objects: ClassVar[ReactionManager] = ReactionManager()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="%(class)s_unique")]
        indexes = [models.Index(fields=["user", "created_at"], name="%(class)s_newest")]

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()} of {self.user_id} on post {self.post_id}"


class Like(Reaction):
    """`user` likes `post`; the post counts them."""


class Bookmark(Reaction):
    """`user` keeps `post` to come back to."""


def reactions_by(user: User, posts: list[Post]) -> dict[str, list[int]]:
    """Which of `posts` the person likes and which they keep, by one query: their ids under `likes` and `bookmarks`."""
    own = {"user": user, "post__in": posts}
    likes = Like.objects.filter(**own).values_list(models.Value("likes"), "post")
    found: dict[str, list[int]] = {"likes": [], "bookmarks": []}
    for kind, post_id in likes.union(Bookmark.objects.filter(**own).values_list(models.Value("bookmarks"), "post")):
        found[kind].append(post_id)
    return found
