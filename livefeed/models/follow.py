"""Who follows whom."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import F, Q

from livefeed.models.tie import Tie, TieManager
from livefeed.models.user import User


class FollowManager(TieManager["Follow"]):
    """Begins and ends follows."""

    def begin(self, follower: User, followed: User) -> bool:
        """Makes `follower` follow `followed`; True if that is new. Raises `ValidationError` for oneself."""
        if follower.pk == followed.pk:
            raise ValidationError("You cannot follow yourself.", code="self")
        try:
            return self.tie(follower=follower, followed=followed)
        except IntegrityError:
            raise ValidationError("That account no longer exists.", code="gone") from None

    def end(self, follower: User, followed: User) -> bool:
        """Ends it; True if there was anything to end."""
        return self.untie(follower=follower, followed=followed)


class Follow(Tie):
    """`follower` reads what `followed` posts."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")

    objects = FollowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_unique"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="follow_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"
