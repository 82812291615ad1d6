"""Reactions to posts: likes, whose number everyone sees, and bookmarks, which only their owner sees."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from livefeed.models.compiled import compiled
from livefeed.models.poll import Vote
from livefeed.models.post import Post
from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import NotActivatedError, User


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


class LikeManager(ReactionManager):
    """Adds and removes likes."""

    def add(self, user: User, post: Post) -> bool:
        """Adds the like; True if it is new. Raises `NotActivatedError`, or `Post.DoesNotExist` if the post was removed
        meanwhile."""
        if not user.is_activated:
            raise NotActivatedError
        return super().add(user, post)

    def remove(self, user: User, post: Post) -> bool:
        """Removes the like, and remembers that it existed; True if it did."""
        with transaction.atomic():
            if is_removed := super().remove(user, post):
                PastLike.objects.bulk_create([PastLike(user=user, post=post)], ignore_conflicts=True)
        return is_removed


class Like(Reaction):
    """`user` likes `post`. The post stores the number of its likes."""

    objects: ClassVar[LikeManager] = LikeManager()


class PastLikeManager(models.Manager["PastLike"]):
    """Deletes old rows."""

    def prune(self, keep: timedelta) -> int:
        """Deletes the rows older than `keep`. Returns their number."""
        deleted, _ = self.filter(created_at__lt=timezone.now() - keep).delete()
        return deleted


class PastLike(models.Model):
    """`user` has taken back a like of `post`. Liking it again does not notify its author again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PastLikeManager] = PastLikeManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="past_like_unique")]
        indexes = [models.Index(fields=["created_at"], name="past_like_oldest")]

    def __str__(self) -> str:
        return f"past like of {self.user_id} on post {self.post_id}"


class Bookmark(Reaction):
    """`user` saves `post` to read it later."""


def reactions_by(user: User | None, posts: list[Post]) -> dict[str, list[int]]:
    """Returns the ids of those `posts` that the user likes and has bookmarked, under `likes` and `bookmarks`, and the
    ids of the options of their polls that the user has chosen, under `votes`, by one query; empty for a visitor."""
    if user is None:
        return {}
    found: dict[str, list[int]] = {"likes": [], "bookmarks": [], "votes": []}
    has_polls = any(post.has_poll for post in posts)
    for kind, row_id in _reactions(user, [post.pk for post in posts], has_polls=has_polls):
        found[kind].append(row_id)
    return found


@compiled
def _reactions(user: User, post_ids: list[int], *, has_polls: bool) -> Any:
    conditions = {"user": user, "post__in": post_ids}
    likes = Like.objects.filter(**conditions).values_list(models.Value("likes"), "post")
    bookmarks = Bookmark.objects.filter(**conditions).values_list(models.Value("bookmarks"), "post")
    if not has_polls:
        return likes.union(bookmarks)
    votes = Vote.objects.filter(user=user, poll__in=post_ids).values_list(models.Value("votes"), "options")
    return likes.union(bookmarks, votes)
