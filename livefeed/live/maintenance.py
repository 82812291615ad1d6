"""Regular deletion of all that a site keeps only for a time."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from livefeed.accounts import rate_limits
from livefeed.accounts.session_store import SessionStore
from livefeed.limits import counters
from livefeed.models import AuditEntry, Event, Export, Notification, PastLike, Picture, Post
from livefeed.models.notification import NOTIFICATION_RETENTION
from livefeed.tasks import worker


def purge_removed_posts() -> None:
    """Deletes the removed posts that can no longer be restored."""
    Post.objects.purge()


def prune_events() -> None:
    """Deletes events older than LIVEFEED_LOG_DAYS."""
    Event.objects.prune(timedelta(days=settings.LIVEFEED_LOG_DAYS))


PRUNE_JOBS: tuple[Callable[[], object], ...] = (
    prune_events,
    SessionStore.clear_expired,
    Picture.objects.purge,  # pictures that were never posted
    worker.prune,
    Export.objects.purge,
    Notification.objects.prune,
    lambda: PastLike.objects.prune(NOTIFICATION_RETENTION),
    AuditEntry.objects.prune,
    rate_limits.prune,
    lambda: counters.prune(time.time()),
)
"""Each deletes what is no longer kept: old events, expired sessions, completed tasks, old exports and so on."""
