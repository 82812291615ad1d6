"""Who follows whom."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import F, Q

from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import User


class FollowManager(RelationManager["Follow"]):
    """Begins and ends follows."""

    def with_bell_for(self, author_id: int) -> models.QuerySet["Follow"]:
        """Those of active people who asked to be told of this author's new posts."""
        return self.filter(followed=author_id, bell=True, follower__is_active=True)

    def set_bell(self, follower: User, followed: User, bell: bool) -> bool:
        """Whether the follower is told of new posts from now on; False if they do not follow."""
        return bool(self.filter(follower=follower, followed=followed).update(bell=bell))

    def add(self, follower: User, followed: User) -> bool:
        """Makes `follower` follow `followed`; True if that is new. Raises `ValidationError` for oneself."""
        if follower.pk == followed.pk:
            raise ValidationError("You cannot follow yourself.", code="self")
        try:
            return self.create_once(follower=follower, followed=followed)
        except IntegrityError:
            raise ValidationError("That account no longer exists.", code="gone") from None

    def remove(self, follower: User, followed: User) -> bool:
        """Ends it; True if there was anything to end."""
        return self.delete_once(follower=follower, followed=followed)


class Follow(Relation):
    """`follower` reads what `followed` posts."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    bell = models.BooleanField(default=False, db_default=False)
    """Whether the follower is told of each new post."""

    objects = FollowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_unique"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="follow_not_oneself"),
        ]
        indexes = [models.Index(fields=["followed"], condition=Q(bell=True), name="follow_bell")]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"
