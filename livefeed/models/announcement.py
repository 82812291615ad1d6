"""Announcements by staff, and their dismissals by users."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from livefeed.models.relation import Relation, RelationManager
from livefeed.models.user import User

TEXT_MAX = 1_000
"""Maximum length of an announcement, in characters."""
DEFAULT_DURATION = timedelta(days=7)


def _is_current_at(moment: datetime) -> Q:
    return Q(starts_at__lte=moment, ends_at__gt=moment)


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    """Queries for announcements."""

    def current(self, moment: datetime | None = None) -> Self:
        """Announcements between their start and their end, now or at another moment."""
        return self.filter(_is_current_at(moment or timezone.now()))

    def due(self) -> Self:
        """Announcements that have started or ended since they were saved."""
        is_current = _is_current_at(timezone.now())
        return self.filter(is_current & Q(is_shown=False) | ~is_current & Q(is_shown=True))


class AnnouncementManager(models.Manager["Announcement"].from_queryset(AnnouncementQuerySet)):  # type: ignore[misc]  # made at run time
    """Shows and hides announcements at their times."""

    def switch_due(self) -> None:
        """Saves the announcements that have started or ended, so that open pages show or remove them."""
        if self.due().exists():  # else no transaction, for which SQLite's other writers would wait
            with transaction.atomic():
                for announcement in self.due().select_for_update():
                    announcement.save()


def default_end() -> datetime:
    """Returns the end of an announcement that starts now, unless staff choose another one."""
    return timezone.now() + DEFAULT_DURATION


class Announcement(models.Model):
    """Text that every page shows to all users and visitors from its start to its end, until they dismiss it."""

    text = models.TextField(max_length=TEXT_MAX, help_text="Light Markdown, as in posts.")
    starts_at = models.DateTimeField("start", default=timezone.now)
    ends_at = models.DateTimeField("end", default=default_end)
    requires_acknowledgement = models.BooleanField(
        default=False, help_text="Readers cannot close it; they confirm “I have read this”."
    )
    revision = models.CharField(max_length=12, editable=False)
    """Random text, another one after each save: what pages show is cached by it."""
    is_shown = models.BooleanField(default=False, editable=False)
    """True if open pages show it: if it was current when it was last saved."""
    was_shown = False
    """True if open pages showed it before it was saved."""

    objects = AnnouncementManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="announcement_times")]

    def __str__(self) -> str:
        return f"Announcement {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the announcement, and in the same transaction the event that open pages receive."""
        with transaction.atomic():
            saved = Announcement.objects.select_for_update().filter(pk=self.pk).first()
            self.was_shown = saved is not None and saved.is_shown
            self.is_shown = self.starts_at <= timezone.now() < self.ends_at
            self.revision = get_random_string(12)
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "Choose an end after the start."})


class DismissalManager(RelationManager["Dismissal"]):
    """Creates dismissals."""

    def add(self, user: User, announcement: Announcement) -> bool:
        """Dismisses an announcement for all pages of a user; True unless the user has dismissed it before."""
        return self.create_once(user=user, announcement=announcement)


class Dismissal(Relation):
    """A user has closed an announcement or, if it requires acknowledgement, has confirmed to have read it."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="dismissals")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="dismissals")

    objects = DismissalManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "announcement"], name="dismissal_unique")]
        indexes = [models.Index(fields=["announcement", "-created_at"], name="dismissal_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} dismissed {self.announcement_id}"
