"""Who follows whom."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

from livefeed.models.user import User


class FollowManager(models.Manager["Follow"]):
    """Begins and ends follows."""

    def begin(self, follower: User, followed: User) -> bool:
        """Makes `follower` follow `followed`; True if that is new. Raises `ValidationError` for oneself."""
        if follower.pk == followed.pk:
            raise ValidationError("You cannot follow yourself.", code="self")
        try:
            with transaction.atomic():
                return self.get_or_create(follower=follower, followed=followed)[1]
        except IntegrityError:
            raise ValidationError("That account no longer exists.", code="gone") from None

    def end(self, follower: User, followed: User) -> bool:
        """Ends it; True if there was anything to end."""
        deleted, _ = self.filter(follower=follower, followed=followed).delete()
        return bool(deleted)


class Follow(models.Model):
    """`follower` reads what `followed` posts."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FollowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_unique"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="follow_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the follow and, in the same transaction, what its signals write."""
        with transaction.atomic():
            super().save(*args, **kwargs)
