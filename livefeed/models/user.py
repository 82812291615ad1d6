"""Users: the account model, its names and its activation."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

from django.apps import apps
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils import timezone

from livefeed.models import locks
from livefeed.models.compiled import compiled
from livefeed.models.loading import QuicklyLoaded

USERNAME_MIN = 3
"""Characters of the shortest user name."""
USERNAME_MAX = 30
"""Characters of the longest user name."""
DISPLAY_NAME_MAX = 50
"""Characters of the longest display name."""
TRACKED_FIELDS = frozenset(
    ("username", "name", "avatar_id", "email", "password", "activated_at", "is_active", "is_staff", "is_superuser")
)
"""Fields that others see or that decide a user's rights. Changes to them are audited and published to open pages."""
COMPLETIONS = 6
"""Users or tags offered to complete what is being typed."""
MAX_FOLLOWED_SEARCHED = 1_000
"""Followed users, newest follows first, whose display names are searched to complete what is being typed."""

NOT_ACTIVATED = "Your account is not activated yet. Open the link that we sent you, and you can post."
NOT_ACTIVATED_TO_REACT = (
    "Your account is not activated yet. Open the link that we sent you, and you can like, vote and follow."
)

username_validators: list[Callable[[Any], None]] = [
    RegexValidator(r"\A[A-Za-z0-9_]*\Z", "Use only letters a to z, digits and underscores."),
    MinLengthValidator(USERNAME_MIN, f"Use at least {USERNAME_MIN} characters."),
]


class NotActivatedError(Exception):
    """Raised when a user whose account is not activated tries to post, vote, follow or like."""


class UsernameCharacters(models.Func):
    """SQL condition: true if a name has only ASCII letters, digits and underscores. SQLite has no regular expressions
    of its own (Django adds a function), so each database gets a condition that its own command line understands too."""

    output_field = models.BooleanField()
    conditional = True

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s NOT GLOB '*[^A-Za-z0-9_]*'", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s ~ '^[A-Za-z0-9_]*$'", **extra)


def lowered_name(username: str) -> str:
    """Returns a user name in lower case, as it is looked up. PostgreSQL rejects null bytes even in a lookup; no user
    name contains a blank."""
    return username.lower().replace("\0", " ")


class UserQuerySet(models.QuerySet["User"]):
    """Queries for users."""

    def with_username(self, username: str) -> Self:
        """The user with this name, ignoring case (uses the unique index on the lowered name)."""
        return self.with_lowered_name(lowered_name(username))

    def with_lowered_name(self, name: str) -> Self:
        """The user with this name as `lowered_name` returns it."""
        return self.alias(lowered=Lower("username")).filter(lowered=name)

    def known_to(self, viewer: "User") -> Self:
        """Active users, and suspended ones whom `viewer` follows: a follow of them can be ended."""
        return self.filter(Q(is_active=True) | Q(pk__in=viewer.following.values("followed")))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes users and everything that belongs to them, under the exclusive lock."""
        with transaction.atomic():
            locks.exclusive_lock()
            return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]  # as in Django: else `User.objects.delete()` deletes all

    def complete(self, typed: str, viewer: "User", most: int = COMPLETIONS) -> list["User"]:
        """Returns up to `most` active users with a name that begins with `typed` (letters, digits, underscores),
        ignoring case. First users whom `viewer` follows, by user name or a word of the display name. Then other users,
        by user name alone: that is one range of the unique index, however many users there are."""
        users = self.filter(is_active=True).alias(lowered=Lower("username")).order_by("lowered")
        matches = Q(lowered__startswith=typed.lower())
        # A list of ids, not a join: PostgreSQL would evaluate the expression for all users first (80 ms instead of 7).
        followed = list(viewer.following.order_by("-pk").values_list("followed", flat=True)[:MAX_FOLLOWED_SEARCHED])
        found = list(users.filter(matches | Q(name__regex=_word_start_pattern(typed)), pk__in=followed)[:most])
        if not typed.isascii():  # no user name matches
            return found
        # Both bounds use only characters of user names, whose order all English collations agree on.
        bounds = (typed.lower(), typed.lower() + "z" * USERNAME_MAX)
        others = users.filter(matches, lowered__range=bounds).exclude(pk__in=[user.pk for user in found])
        return [*found, *others[: most - len(found)]]


def _word_start_pattern(typed: str) -> str:
    """Returns a regular expression that finds `typed` at the start of a word, the same for both databases. It lists
    both cases of each letter: case-insensitive matching depends on PostgreSQL's locale, and is ASCII-only in SQLite."""
    return r"(^|\s)" + "".join(f"[{char.lower()}{char.upper()}]" for char in typed)


class LivefeedUserManager(UserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    """Looks up users by name, ignoring case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        found: User = self.with_username(username or "").get()
        return found


class User(QuicklyLoaded, AbstractUser):
    """An account. `username` is unique ignoring case; `name` is displayed."""

    first_name = None  # type: ignore[assignment]  # one display name instead
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        max_length=USERNAME_MAX,
        unique=True,
        validators=username_validators,
        error_messages={"unique": "That name is taken."},
    )
    name = models.CharField("display name", max_length=DISPLAY_NAME_MAX, blank=True)

    avatar = models.ForeignKey(
        "livefeed.Picture", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="avatar_of"
    )
    """Picture displayed with the name; without one, initials."""

    activated_at = models.DateTimeField("activated", null=True, default=timezone.now, editable=False)
    """Time since when the user may post, like and follow. Null between signing up and opening the link in the email.
    Accounts created in any other way are active from the start."""

    objects: ClassVar[LivefeedUserManager] = LivefeedUserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="user_name_unique", violation_error_message="That name is taken."
            ),
            models.CheckConstraint(
                condition=Q(UsernameCharacters("username")),
                name="user_name_characters",
                violation_error_message="Use only letters a to z, digits and underscores.",
            ),
            models.CheckConstraint(
                condition=Q(models.lookups.GreaterThanOrEqual(Length("username"), USERNAME_MIN))
                & Q(models.lookups.LessThanOrEqual(Length("username"), USERNAME_MAX)),
                name="user_name_length",
                violation_error_message=f"Use {USERNAME_MIN} to {USERNAME_MAX} characters.",
            ),
        ]

    known_by = ""
    """Names of users whom the viewer follows and who follow this user; set where the user is suggested."""
    _stored_values: Mapping[str, Any] = {}
    """Values in the database, before the save in progress, of the tracked fields that it writes."""

    def __str__(self) -> str:
        return f"@{self.username}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Saves the user and everything that its signal receivers write, in one transaction."""
        written = None if update_fields is None else frozenset(update_fields)
        outer_values = self._stored_values  # not empty if a receiver saves the user once more
        try:
            with transaction.atomic():
                self._stored_values = self._read_stored_values(written)
                super().save(*args, update_fields=written, **kwargs)
        finally:
            self._stored_values = outer_values

    @property
    def saved_changes(self) -> dict[str, tuple[Any, Any]]:
        """The tracked fields that the save in progress changes, as `{name: (before, after)}`. Every signal receiver may
        read it. Empty for a new user."""
        current = self.__dict__
        return {
            name: (before, current[name]) for name, before in self._stored_values.items() if current[name] != before
        }

    def _read_stored_values(self, written: frozenset[str] | None) -> dict[str, Any]:
        """Reads the values that a save of the fields `written` (None: all) is about to replace. Values remembered from
        loading could be stale, deferred, or from a transaction that was rolled back. Takes no lock: the check for the
        last administrator locks rows in a fixed order."""
        names = TRACKED_FIELDS & self.__dict__.keys()
        if written is not None:
            names &= written | {f"{name}_id" for name in written}
        if self.pk is None or not names:
            return {}
        return type(self)._base_manager.filter(pk=self.pk).values(*sorted(names)).first() or {}

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes the user and everything that belongs to them, under the exclusive lock."""
        with transaction.atomic():
            locks.exclusive_lock()
            return super().delete(*args, **kwargs)

    @property
    def is_activated(self) -> bool:
        return self.activated_at is not None

    def activate(self) -> bool:
        """Allows the user to post; True if that is new. Of several concurrent calls, one returns True."""
        with transaction.atomic():
            not_activated = User.objects.select_for_update(no_key=True).filter(pk=self.pk, activated_at=None)
            if is_new := len(not_activated) == 1:
                self.activated_at = timezone.now()
                self.save(update_fields=["activated_at"])
        return is_new

    @property
    def unconfirmed_email(self) -> str:
        """The address to be confirmed, which receives the activation link."""
        address = apps.get_model("account.EmailAddress").objects.get_new(self)
        return address.email if address else self.email

    @property
    def display_name(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.username

    def get_absolute_url(self) -> str:
        return reverse("profile", args=[self.username])

    def follow(self, other: "User") -> bool:
        """Follows `other`; True if that is new. Raises `NotActivatedError`, or `ValidationError` if `other` is this
        user, or was deleted meanwhile."""
        if not self.is_activated:
            raise NotActivatedError
        if other.pk == self.pk:
            raise ValidationError("You cannot follow yourself.", code="self")
        try:
            return self.following.create_once(followed=other)
        except IntegrityError:
            raise ValidationError("That account no longer exists.", code="gone") from None

    def unfollow(self, other: "User") -> bool:
        """Stops following `other`; True if the user followed them."""
        return self.following.delete_once(followed=other)

    def follows(self, other: "User") -> bool:
        return self.follow_state(other)["follows"]

    def follow_state(self, other: "User") -> dict[str, bool]:
        """Returns, by one query, whether the user follows `other` (`follows`) and is notified of their new posts
        (`bell`)."""
        bells = _bells(self, other)
        return {"follows": bool(bells), "bell": any(bells)}


@compiled
def _bells(follower: User, followed: User) -> Any:
    return follower.following.filter(followed=followed).values_list("bell", flat=True)
