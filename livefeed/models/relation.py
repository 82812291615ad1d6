"""What is between a person and something else, and is there or not: a follow, a like, a bookmark."""

from typing import Any

from django.db import models, transaction

from livefeed.models import locks


class RelationManager[T: "Relation"](models.Manager[T]):
    """Makes and undoes ties. Either may be done again and changes nothing then."""

    def create_once(self, **ends: Any) -> bool:
        """Makes the tie between `ends`; True if that is new. Raises `IntegrityError` if one of them went meanwhile."""
        with transaction.atomic():
            locks.shared_lock()
            _, is_new = self.get_or_create(**ends)
        return is_new

    def delete_once(self, **ends: Any) -> bool:
        """Undoes it; True if there was anything to undo."""
        with transaction.atomic():
            locks.shared_lock()
            deleted, _ = self.filter(**ends).delete()
        return bool(deleted)


class Relation(models.Model):
    """Its subclasses have the two ends, and a constraint that there is one between them at most."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the tie and, in the same transaction, what its signals write."""
        with transaction.atomic():
            super().save(*args, **kwargs)
