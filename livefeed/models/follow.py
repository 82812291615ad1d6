"""Follows between users. `User.follow` and `User.unfollow` create and delete them."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from livefeed.models.compiled import compiled
from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import User


class FollowManager(RelationManager["Follow"]):
    """Queries and changes follows."""

    def with_bell_for(self, author_id: int) -> models.QuerySet["Follow"]:
        """Returns the follows by active users who asked to be notified of this author's new posts."""
        return self.filter(followed=author_id, bell=True, follower__is_active=True)

    def has_bell_for(self, author_id: int) -> bool:
        """True if any active user asked to be notified of this author's new posts."""
        return bool(_first_with_bell(author_id))

    def set_bell(self, follower: User, followed: User, bell: bool) -> bool:
        """Turns notifications of new posts on or off; False if `follower` does not follow `followed`."""
        return bool(self.filter(follower=follower, followed=followed).update(bell=bell))


@compiled
def _first_with_bell(author_id: int) -> Any:
    return Follow.objects.with_bell_for(author_id).values_list("pk")[:1]


class Follow(Relation):
    """`follower` reads the posts of `followed`."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    bell = models.BooleanField(default=False, db_default=False)
    """True if the follower is notified of each new post."""

    objects = FollowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_unique"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="follow_not_oneself"),
        ]
        indexes = [models.Index(fields=["followed"], condition=Q(bell=True), name="follow_bell")]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"
