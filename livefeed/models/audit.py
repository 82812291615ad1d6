"""What was done to accounts, by whom, and from where."""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from livefeed.models import sort_keys
from livefeed.models.user import User

REFUSED_MOST = 20
"""Refused sign-ins that are kept for an account in an hour: a stranger must not fill the table."""
WORDS = {
    "username": "User name",
    "name": "Display name",
    "email": "Email",
}
RIGHTS = {
    "groups": ("No longer has the group {}", "Given the group {}"),
    "permissions": ("No longer has the permission {}", "Given the permission {}"),
    "tokens": ("Token {} revoked", "Token {} made"),
}
FLAGS = {
    "is_active": ("Account suspended", "Suspension lifted"),
    "is_staff": ("No longer staff", "Made staff"),
    "is_superuser": ("No longer administrator", "Made administrator"),
}
"""What is said where the field is false now, and where it is true; of RIGHTS, what was taken, and what was given."""
UNKNOWN = "unknown"
"""Kept as an address where there was a request, but not where from."""
UNTOLD = {"password": "Password changed", "avatar_id": "Picture changed", "activated_at": "Account activated"}
"""Of these it is said that they changed, and not a word of what they are."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Which entries."""

    def about(self, user: User) -> Self:
        return self.filter(user_id=user.pk)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def before(self, sort_key: str) -> Self:
        """Those that come after `sort_key` in the list. Raises `ValueError` if it is no sort key."""
        return self.filter(sort_keys.before(sort_key))

    def prune(self) -> int:
        """Forgets what is older than LIVEFEED_AUDIT_DAYS. Returns how many entries went."""
        oldest = timezone.now() - timedelta(days=settings.LIVEFEED_AUDIT_DAYS)
        deleted, _ = self.filter(created_at__lt=oldest).delete()
        return deleted

    def has_room_for_refused(self, user: User) -> bool:
        """Whether another refused sign-in at this account is kept."""
        hour = self.about(user).filter(kind=AuditEntry.Kind.REFUSED, created_at__gt=timezone.now() - timedelta(hours=1))
        return hour.count() < REFUSED_MOST


class AuditEntry(models.Model):
    """One thing that happened to an account. Plain ids and names, no foreign keys: what was done must be known when
    whom it was done to, or who did it, is deleted. Nothing secret stands in it."""

    class Kind(models.TextChoices):
        CREATED = "account.created", "Account created"
        CHANGED = "account.changed", "Account changed"
        DELETED = "account.deleted", "Account deleted"
        SIGNED_IN = "signed_in", "Signed in"
        SIGNED_OUT = "signed_out", "Signed out"
        REFUSED = "sign_in.refused", "Sign-in refused"

    kind = models.CharField(max_length=20, choices=Kind)
    user_id = models.BigIntegerField()
    """Whose account it is."""
    username = models.CharField(max_length=30)
    """What it was called then."""
    actor_id = models.BigIntegerField(default=0)
    """Who did it; 0 if nobody was signed in, or it was done on the server."""
    actor = models.CharField(max_length=30, blank=True)
    """What they were called then."""
    by_staff = models.BooleanField(default=False, db_default=False)
    """Whether they were staff then: whose account it is may know who did it."""
    address = models.CharField(max_length=45, blank=True)
    """The network address it came from; empty if it was done on the server, by a command or a task;
    UNKNOWN if it could not be told."""
    changes = models.JSONField(default=dict)
    """Each field that changed: before and after; an empty list where that is nobody's business."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["AuditEntry"]] = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        verbose_name, verbose_name_plural = "audit entry", "audit log"
        indexes = [
            models.Index(fields=["user_id", "-created_at", "-id"], name="audit_newest_of_user"),
            models.Index(fields=["created_at"], name="audit_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: @{self.username}"

    @property
    def sort_key(self) -> str:
        """Where it stands in the list: greater is newer, compared as text."""
        return sort_keys.encode(self.created_at, self.pk)

    @property
    def is_by_another(self) -> bool:
        """Whether somebody else did it."""
        return self.actor_id not in (0, self.user_id)

    @property
    def is_from_unknown(self) -> bool:
        """Whether it came from somewhere, but nobody could tell where."""
        return self.address == UNKNOWN

    @property
    def sentences(self) -> list[SafeString]:
        """What happened, as HTML for people. Whatever was typed stands in a `bdi`: it turns no words around it."""
        if self.kind != self.Kind.CHANGED:
            return [format_html("{}", self.get_kind_display())]
        return [_sentence(field, *values) for field, values in self.changes.items()]


def _sentence(field: str, before: Any = None, after: Any = None) -> SafeString:
    if field in FLAGS or field in UNTOLD:
        return format_html("{}", FLAGS[field][bool(after)] if field in FLAGS else UNTOLD[field])
    if field in RIGHTS:
        return format_html(RIGHTS[field][bool(after)], _apart(after or before))
    words = WORDS.get(field, field)
    if not before or not after:
        return format_html("{} {}“{}”", words, "set to " if after else "removed: ", _apart(after or before))
    return format_html("{} changed from “{}” to “{}”", words, _apart(before), _apart(after))


def _apart(value: Any) -> SafeString:
    return format_html("<bdi>{}</bdi>", value)
