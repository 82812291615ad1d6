"""People."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

from django.apps import apps
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils import timezone

from livefeed.models import locks

USERNAME_MIN, USERNAME_MAX = 3, 30
TRACKED = frozenset(
    ("username", "name", "avatar_id", "email", "password", "activated_at", "is_active", "is_staff", "is_superuser")
)
"""What others see of a person, and what their rights hang on: who changes it is noted, and open pages learn of it."""
COMPLETIONS = 6
"""How many people or tags are offered for what is being typed."""
FOLLOWED_MOST = 1_000
"""Among how many of those whom one follows, the latest ones, display names are looked at."""

NOT_ACTIVATED = "Your account is not activated yet. Open the link that we sent you, and you can post."

username_validators: list[Callable[[Any], None]] = [
    RegexValidator(r"\A[A-Za-z0-9_]*\Z", "Use only letters a to z, digits and underscores."),
    MinLengthValidator(USERNAME_MIN, f"Use at least {USERNAME_MIN} characters."),
]


class NotActivatedError(Exception):
    """Somebody whose account is not activated yet posts something."""


class UsernameCharacters(models.Func):
    """True where a name holds only ASCII letters, digits and underscores. SQLite knows no regular expressions of its
    own (Django lends it some), so each database is asked in words that its own tools understand too."""

    output_field = models.BooleanField()
    conditional = True

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s NOT GLOB '*[^A-Za-z0-9_]*'", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s ~ '^[A-Za-z0-9_]*$'", **extra)


class UserQuerySet(models.QuerySet["User"]):
    """Which people."""

    def with_username(self, username: str) -> Self:
        """The one with this name, however it is cased (uses the unique index on the lowered name)."""
        if "\0" in username:  # PostgreSQL takes no such text, not even to look for it
            return self.none()
        return self.alias(lowered=Lower("username")).filter(lowered=username.lower())

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes people with all that is theirs, while nobody else writes."""
        with transaction.atomic():
            locks.exclusive_lock()
            return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]  # as Django's own: else `User.objects.delete()` is everybody

    def complete(self, typed: str, viewer: "User", most: int = COMPLETIONS) -> list["User"]:
        """Up to `most` active people with a name that begins with `typed` (letters, digits, underscores), whatever its
        case: first those whom `viewer` follows, by user name or a word of the display name, then others, by user name
        alone, which is one range of the unique index however many people there are."""
        people = self.filter(is_active=True).alias(lowered=Lower("username")).order_by("lowered")
        is_begun = Q(lowered__startswith=typed.lower())
        # A list of ids, not a join: PostgreSQL would try the expression on everybody first (80 ms instead of 7).
        followed = list(viewer.following.order_by("-pk").values_list("followed", flat=True)[:FOLLOWED_MOST])
        found = list(people.filter(is_begun | Q(name__regex=_begins_a_word(typed)), pk__in=followed)[:most])
        # Both ends in characters of user names: their order is what all collations of English agree on.
        ends = typed.lower(), typed.lower() + "z" * USERNAME_MAX
        others = people.filter(is_begun, lowered__range=ends).exclude(pk__in=[person.pk for person in found])
        return [*found, *others[: most - len(found)]] if typed.isascii() else found


def _begins_a_word(typed: str) -> str:
    """A regular expression, the same in both databases. It names both cases of each letter itself: what a database
    calls the same but for its case hangs on its locale, and for SQLite ends with ASCII."""
    return r"(^|\s)" + "".join(f"[{char.lower()}{char.upper()}]" for char in typed)


class LivefeedUserManager(UserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    """Finds people by their names."""

    def get_by_natural_key(self, username: str | None) -> "User":
        found: User = self.with_username(username or "").get()
        return found


class User(AbstractUser):
    """Somebody who reads and writes. `username` is unique whatever its case; `name` is what others read."""

    first_name = None  # type: ignore[assignment]  # one display name instead
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        max_length=USERNAME_MAX,
        unique=True,
        validators=username_validators,
        error_messages={"unique": "That name is taken."},
    )
    name = models.CharField("display name", max_length=50, blank=True)

    avatar = models.ForeignKey(
        "livefeed.Picture", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="avatar_of"
    )
    """The picture beside the name; without one, initials."""

    activated_at = models.DateTimeField("activated", null=True, default=timezone.now, editable=False)
    """Since when the person may post: null until somebody who signed up has used the link in the mail. Whoever is made
    in another way is activated from the start."""

    objects: ClassVar[LivefeedUserManager] = LivefeedUserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="user_name_unique", violation_error_message="That name is taken."
            ),
            models.CheckConstraint(
                condition=models.Q(UsernameCharacters("username")),
                name="user_name_characters",
                violation_error_message="Use only letters a to z, digits and underscores.",
            ),
            models.CheckConstraint(
                condition=models.Q(models.lookups.GreaterThanOrEqual(Length("username"), USERNAME_MIN))
                & models.Q(models.lookups.LessThanOrEqual(Length("username"), USERNAME_MAX)),
                name="user_name_length",
                violation_error_message=f"Use {USERNAME_MIN} to {USERNAME_MAX} characters.",
            ),
        ]

    known_by = ""
    """Who of those whom somebody follows does, where people are suggested to them."""
    _kept: Mapping[str, Any] = {}
    """What the database has, before the save that is under way, of those of TRACKED that it writes."""

    def __str__(self) -> str:
        return f"@{self.username}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Saves the person and, in the same transaction, what its signals write."""
        named, around = None if update_fields is None else frozenset(update_fields), self._kept
        try:
            with transaction.atomic():
                self._kept = self._read_kept(named)
                super().save(*args, update_fields=named, **kwargs)
        finally:
            self._kept = around  # a receiver may have saved the person once more

    @property
    def saved_changes(self) -> dict[str, tuple[Any, Any]]:
        """Which of TRACKED the save changes that is under way: before and after, by name. Any receiver may read it. For
        a new person there is nothing."""
        now = self.__dict__
        return {name: (before, now[name]) for name, before in self._kept.items() if now[name] != before}

    def _read_kept(self, named: frozenset[str] | None) -> dict[str, Any]:
        """Reads what is about to be written over, instead of remembering what was loaded: that may be old, deferred, or
        of a transaction that was rolled back. It locks nothing: who guards the last administrators locks in order."""
        saved = TRACKED & self.__dict__.keys()
        if named is not None:
            saved &= named | {f"{name}_id" for name in named}
        if self.pk is None or not saved:
            return {}
        return type(self)._base_manager.filter(pk=self.pk).values(*sorted(saved)).first() or {}

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes the person with all that is theirs, while nobody else writes."""
        with transaction.atomic():
            locks.exclusive_lock()
            return super().delete(*args, **kwargs)

    @property
    def is_activated(self) -> bool:
        return self.activated_at is not None

    def activate(self) -> bool:
        """Lets the person post from now on; True if that is new, which it is for one of several at the same moment."""
        with transaction.atomic():
            waiting = User.objects.select_for_update(no_key=True).filter(pk=self.pk, activated_at=None)
            if is_new := len(waiting) == 1:
                self.activated_at = timezone.now()
                self.save(update_fields=["activated_at"])
        return is_new

    @property
    def unconfirmed_email(self) -> str:
        """The address that is to be confirmed, where the link goes that activates the account."""
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
        """Follows `other`; True if that is new. Raises `ValidationError` for oneself."""
        from livefeed.models.follow import Follow

        return Follow.objects.add(self, other)

    def unfollow(self, other: "User") -> bool:
        """Stops following `other`; True if that changed anything."""
        from livefeed.models.follow import Follow

        return Follow.objects.remove(self, other)

    def follows(self, other: "User") -> bool:
        return self.follow_state(other)["follows"]

    def follow_state(self, other: "User") -> dict[str, bool]:
        """Whether one follows `other` (`follows`) and is told of their new posts (`bell`), by one query."""
        bell = self.following.filter(followed=other).values_list("bell", flat=True).first()
        return {"follows": bell is not None, "bell": bool(bell)}
