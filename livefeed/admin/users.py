"""Admin of users: ranks, activation, and protection of the last administrator."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from livefeed import tasks
from livefeed.accounts import ranks
from livefeed.accounts.last_admin import LastAdministratorError, last_administrators
from livefeed.admin.deletion import CountedDeletionAdmin
from livefeed.admin.ranked import RankedAdmin, manager_of
from livefeed.models import User


class GuardedUserForm(UserChangeForm[User]):
    """Refuses a change that would leave the site without an administrator."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        remains_administrator = cleaned.get("is_active", True) and cleaned.get("is_superuser", True)
        if not remains_administrator and last_administrators([self.instance]):
            raise ValidationError(str(LastAdministratorError(self.instance)), code="last_administrator")
        return cleaned


@admin.register(User)
class LivefeedUserAdmin(RankedAdmin[User], CountedDeletionAdmin[User], UserAdmin[User]):
    """Users."""

    form = GuardedUserForm
    deleted_with = {
        "posts": "posts",
        "pictures": "pictures",
        "likes": "likes",
        "bookmarks": "bookmarks",
        "followers": "follows of theirs",
        "following": "follows by them",
        "tokens": "tokens",
    }
    list_display = ("username", "name", "email", "is_active", "is_activated", "is_staff")
    list_filter = (*UserAdmin.list_filter, ("activated_at", admin.EmptyFieldListFilter))
    search_fields = ("username", "name", "email")
    readonly_fields = ("activated_at",)
    actions = ("activate", "send_welcome")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("User", {"fields": ("name", "email")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined", "activated_at")}),
    )

    def outranking(self, manager: User) -> QuerySet[User]:
        return ranks.users_outranking(manager)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Adds `is_superuser` for users who are no superusers."""
        return self.readonly_fields if manager_of(request).is_superuser else (*self.readonly_fields, "is_superuser")

    def protected(self, rows: list[User]) -> list[str]:
        """Returns a reason for each of the last administrators, if no other would be left."""
        return [str(LastAdministratorError(row)) for row in last_administrators(rows)]

    @admin.display(description="activated", boolean=True, ordering="activated_at")
    def is_activated(self, user: User) -> bool:
        return user.is_activated

    @admin.action(description="Activate the selected users", permissions=["change"])
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        activated = sum(user.activate() for user in self.manageable(request, users).order_by("pk"))
        self.message_user(request, f"{activated} can post now.", messages.SUCCESS)

    @admin.action(description="Send the activation link again", permissions=["change"])
    def send_welcome(self, request: HttpRequest, users: QuerySet[User]) -> None:
        not_activated = self.manageable(request, users).filter(activated_at=None, is_active=True)
        for user in not_activated:
            tasks.send_welcome.enqueue(user.pk)
        self.message_user(request, f"{len(not_activated)} will get the mail.", messages.SUCCESS)

    def manageable(self, request: HttpRequest, users: QuerySet[User]) -> QuerySet[User]:
        """Returns those of `users` who do not outrank the user of the request."""
        outranking = self.outranking(manager_of(request))
        return users.exclude(pk__in=outranking.values("pk"))
