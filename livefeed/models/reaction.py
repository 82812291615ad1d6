"""Reactions to posts: likes, whose number everyone sees, and bookmarks, which only their owner sees."""

from typing import Any, ClassVar

from django.db import IntegrityError, models, transaction

from livefeed.models.compiled import compiled
from livefeed.models.post import Post
from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import User


class ReactionManager(RelationManager[Any]):
    """Adds and removes reactions."""

    def add(self, user: User, post: Post) -> bool:
        """Adds the reaction; True if it is new. Raises `Post.DoesNotExist` if the post was removed meanwhile."""
        try:
            with transaction.atomic():
                is_new = self.create_once(user=user, post=post)
                Post.objects.present().get(pk=post.pk)  # a new like was counted, which locked the post
                return is_new
        except IntegrityError:
            raise Post.DoesNotExist from None

    def remove(self, user: User, post: Post) -> bool:
        """Removes the reaction; True if it existed."""
        return self.delete_once(user=user, post=post)


class Reaction(Relation):
    """Abstract reaction of a user to a post."""

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
    """`user` likes `post`. The post stores the number of its likes."""


class Bookmark(Reaction):
    """`user` saves `post` to read it later."""


def reactions_by(user: User | None, posts: list[Post]) -> dict[str, list[int]]:
    """Returns the ids of those `posts` that the user likes and has bookmarked, under `likes` and `bookmarks`, by one
    query; empty for a visitor."""
    if user is None:
        return {}
    found: dict[str, list[int]] = {"likes": [], "bookmarks": []}
    for kind, post_id in _reactions(user, [post.pk for post in posts]):
        found[kind].append(post_id)
    return found


@compiled
def _reactions(user: User, post_ids: list[int]) -> Any:
    conditions = {"user": user, "post__in": post_ids}
    likes = Like.objects.filter(**conditions).values_list(models.Value("likes"), "post")
    bookmarks = Bookmark.objects.filter(**conditions).values_list(models.Value("bookmarks"), "post")
    return likes.union(bookmarks)
