"""Base of models that relate a user to a user or a post at most once: follows, likes and bookmarks."""

from typing import Any

from django.db import models, transaction

from livefeed.models import locks


class RelationManager[T: "Relation"](models.Manager[T]):
    """Creates and deletes relations idempotently."""

    def create_once(self, **ends: Any) -> bool:
        """Creates the relation between `ends`; True if it is new. Raises `IntegrityError` if one end was deleted
        meanwhile."""
        with transaction.atomic():
            locks.shared_lock()
            _, is_new = self.get_or_create(**ends)
        return is_new

    def delete_once(self, **ends: Any) -> bool:
        """Deletes the relation between `ends`; True if it existed."""
        with transaction.atomic():
            locks.shared_lock()
            deleted, _ = self.filter(**ends).delete()
        return bool(deleted)


class Relation(models.Model):
    """Abstract relation. Subclasses add the two ends and a unique constraint over them."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the relation and everything that its signal receivers write, in one transaction."""
        with transaction.atomic():
            super().save(*args, **kwargs)
