"""Exports: archives with all data of one user, to download."""

import uuid
from datetime import timedelta
from functools import partial
from typing import ClassVar

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from livefeed.models.user import User

EXPORT_RETENTION = timedelta(days=7)
"""Time until an export is deleted, counted from its request."""


class ExportManager(models.Manager["Export"]):
    """Starts exports and deletes expired ones."""

    def start(self, user: User) -> tuple["Export", bool]:
        """Returns the export in progress, or a new one that replaces the previous; and True if it is new."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            for export in self.filter(user=user):
                if export.is_under_way:
                    return export, False
                export.delete()
            return self.create(user=user), True

    def purge(self) -> int:
        """Deletes exports older than EXPORT_RETENTION. Returns the number of deleted exports."""
        expired = self.filter(begun_at__lt=timezone.now() - EXPORT_RETENTION)
        return sum(export.delete()[0] > 0 for export in expired.iterator())


class Export(models.Model):
    """A zip file with everything that a user wrote, liked and uploaded, made by a background task."""

    TIMEOUT = timedelta(hours=1)
    """Time after which an unfinished export counts as failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    begun_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)
    """Size of the file in bytes."""

    objects: ClassVar[ExportManager] = ExportManager()

    def __str__(self) -> str:
        return f"export of {self.user_id}"

    @property
    def path(self) -> str:
        """Path of the file in the storage."""
        return f"exports/{self.pk.hex}.zip"

    @property
    def is_under_way(self) -> bool:
        """True if the export is in progress and has not timed out."""
        return self.ready_at is None and self.begun_at > timezone.now() - self.TIMEOUT

    def delete_file(self) -> None:
        """Deletes the file after the commit of the current transaction."""
        transaction.on_commit(partial(default_storage.delete, self.path), robust=True)
