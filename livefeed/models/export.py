"""What somebody takes with them: all that is theirs, as one file."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from livefeed.models.user import User

KEPT = timedelta(days=7)


class ExportManager(models.Manager["Export"]):
    """Begins and ends them."""

    def start(self, user: User) -> tuple["Export", bool]:
        """The one that is being made for somebody, or a new one in place of the last; and whether it is new."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            for export in self.filter(user=user):
                if export.is_under_way:
                    return export, False
                export.delete()
            return self.create(user=user), True

    def purge(self) -> int:
        """Deletes what is older than KEPT. Returns how many went."""
        old = self.filter(begun_at__lt=timezone.now() - KEPT)
        return sum(export.delete()[0] > 0 for export in old.iterator())


class Export(models.Model):
    """A zip of all that somebody wrote, liked and handed in, made by a task."""

    PATIENCE = timedelta(hours=1)
    """After which one that is not ready counts as failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    begun_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)
    """Of the file, in bytes."""

    objects: ClassVar[ExportManager] = ExportManager()

    def __str__(self) -> str:
        return f"export of {self.user_id}"

    @property
    def path(self) -> str:
        """Where the storage keeps it."""
        return f"exports/{self.pk.hex}.zip"

    @property
    def expires_at(self) -> datetime:
        return self.begun_at + KEPT

    @property
    def is_under_way(self) -> bool:
        return self.ready_at is None and self.begun_at > timezone.now() - self.PATIENCE

    def delete_file(self) -> None:
        """Deletes its file once this transaction is committed."""
        transaction.on_commit(partial(default_storage.delete, self.path), robust=True)
