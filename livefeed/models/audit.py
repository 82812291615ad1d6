"""The audit log: changes of accounts, sign-ins, and staff who open posts for followers, with actor and address."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from livefeed.models import sort_keys
from livefeed.models.compiled import compiled
from livefeed.models.user import User

MAX_REFUSED_PER_HOUR = 20
"""Refused sign-ins recorded for one account in an hour: an attacker must not fill the table."""
FIELD_LABELS = {
    "username": "User name",
    "name": "Display name",
    "email": "Email",
}
RIGHT_SENTENCES = {
    "groups": ("No longer has the group {}", "Given the group {}"),
    "permissions": ("No longer has the permission {}", "Given the permission {}"),
    "tokens": ("Token {} revoked", "Token {} made"),
    "steps": ("Two-step sign-in: {} removed", "Two-step sign-in: {} added"),
    "providers": ("Sign-in with {} turned off", "Sign-in with {} turned on"),
}
"""Sentences for a right that was taken away, and for one that was given."""
FLAG_SENTENCES = {
    "is_active": ("Account suspended", "Suspension lifted"),
    "is_staff": ("No longer staff", "Made staff"),
    "is_superuser": ("No longer administrator", "Made administrator"),
}
"""Sentences for a field that is false now, and for one that is true."""
UNKNOWN = "unknown"
"""Address of a request whose network address is unknown."""
REDACTED_SENTENCES = {
    "password": "Password changed",
    "avatar_id": "Picture changed",
    "activated_at": "Account activated",
    "recovery_code": "Recovery code used",
}
"""Sentences for fields whose values are not recorded."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Queries for audit entries."""

    def about(self, user: User) -> Self:
        """Entries about this user's account."""
        return self.filter(user_id=user.pk)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def older_than(self, moment: datetime | None, pk: int | None) -> Self:
        """Entries that follow the row `pk`, created at `moment`, in the order of `newest_first`; without it all."""
        return self if moment is None or pk is None else self.filter(sort_keys.older_than(moment, pk))

    def prune(self) -> int:
        """Deletes entries older than LIVEFEED_AUDIT_DAYS. Returns the number of deleted entries."""
        oldest = timezone.now() - timedelta(days=settings.LIVEFEED_AUDIT_DAYS)
        deleted, _ = self.filter(created_at__lt=oldest).delete()
        return deleted

    def has_room_for_refused(self, user: User) -> bool:
        """True if another refused sign-in to this account is to be recorded."""
        an_hour_ago = timezone.now() - timedelta(hours=1)
        recent = self.about(user).filter(kind=AuditEntry.Kind.REFUSED, created_at__gt=an_hour_ago)
        return recent.count() < MAX_REFUSED_PER_HOUR


class AuditEntry(models.Model):
    """A change of an account, or a sign-in. Stores plain ids and names, no foreign keys: the entry must survive the
    deletion of the account and of the actor. Contains no secrets."""

    class Kind(models.TextChoices):
        CREATED = "account.created", "Account created"
        CHANGED = "account.changed", "Account changed"
        DELETED = "account.deleted", "Account deleted"
        SIGNED_IN = "signed_in", "Signed in"
        SIGNED_OUT = "signed_out", "Signed out"
        REFUSED = "sign_in.refused", "Sign-in refused"
        POST_OPENED = "post.opened", "Post for followers opened"

    kind = models.CharField(max_length=20, choices=Kind)
    user_id = models.BigIntegerField()
    """Id of the account."""
    username = models.CharField(max_length=30)
    """User name of the account at that time."""
    actor_id = models.BigIntegerField(default=0)
    """Id of the user who did it; 0 for a visitor, a command or a task."""
    actor = models.CharField(max_length=30, blank=True)
    """User name of the actor at that time."""
    by_staff = models.BooleanField(default=False, db_default=False)
    """True if the actor was staff at that time: the owner of the account may then see the name."""
    address = models.CharField(max_length=45, blank=True)
    """Network address of the request; empty for a command or a task, UNKNOWN if the request had none."""
    changes = models.JSONField(default=dict)
    """Changed fields as `{name: [before, after]}`; an empty list where the values are not recorded."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["AuditEntry"]] = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["user_id", "-created_at", "-id"], name="audit_newest_of_user"),
            models.Index(fields=["created_at"], name="audit_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: @{self.username}"

    @property
    def sort_key(self) -> str:
        """Position in the list: compared as text, greater is newer."""
        return sort_keys.encode(self.created_at, self.pk)

    @property
    def is_by_another(self) -> bool:
        """True if the actor is another user than the owner of the account."""
        return self.actor_id not in (0, self.user_id)

    @property
    def is_from_unknown(self) -> bool:
        """True if there was a request, but its network address is unknown."""
        return self.address == UNKNOWN

    @property
    def sentences(self) -> list[SafeString]:
        """Sentences that describe the entry, as HTML. User input is wrapped in `bdi`: right-to-left text must not
        reorder the words around it."""
        if self.kind == self.Kind.POST_OPENED:
            return [format_html("Post {} for followers opened", self.changes["post"][1])]
        if self.kind != self.Kind.CHANGED:
            return [format_html("{}", self.get_kind_display())]
        return [_sentence(field, *values) for field, values in self.changes.items()]


def _sentence(field: str, before: Any = None, after: Any = None) -> SafeString:
    if field in FLAG_SENTENCES:
        return format_html("{}", FLAG_SENTENCES[field][bool(after)])
    if field in REDACTED_SENTENCES:
        return format_html("{}", REDACTED_SENTENCES[field])
    if field in RIGHT_SENTENCES:
        return format_html(RIGHT_SENTENCES[field][bool(after)], _isolated(after or before))
    label = FIELD_LABELS.get(field, field)
    if not after:
        return format_html("{} removed: “{}”", label, _isolated(before))
    if not before:
        return format_html("{} set to “{}”", label, _isolated(after))
    return format_html("{} changed from “{}” to “{}”", label, _isolated(before), _isolated(after))


def _isolated(value: Any) -> SafeString:
    """Wraps user input so that its text direction does not affect its surroundings."""
    return format_html("<bdi>{}</bdi>", value)


@compiled
def newest_entries(user: User, moment: datetime | None, pk: int | None, *, count: int) -> Any:
    """The newest entries about `user` that follow the row `pk`, created at `moment`."""
    return AuditEntry.objects.about(user).older_than(moment, pk).newest_first()[:count]
