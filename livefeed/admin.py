"""The operator's view of the tables."""

from typing import Any

from allauth.account import admin as _  # noqa: F401  # registers what is taken back below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.tasks import TaskResultStatus
from django.utils.html import format_html_join
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from livefeed import tasks
from livefeed.accounts.last_admin import LastAdministratorError, last_administrators
from livefeed.admin_deletion import CountedDeletionAdmin
from livefeed.models import AuditEntry, Event, Follow, Post, User
from livefeed.tasks import worker


class GuardedUserForm(UserChangeForm[User]):
    """Says so when the last administrator would go."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active", True) and cleaned.get("is_superuser", True)
        if not stays and last_administrators([self.instance]):
            raise ValidationError(str(LastAdministratorError(self.instance)), code="last_administrator")
        return cleaned


@admin.register(User)
class LivefeedUserAdmin(CountedDeletionAdmin[User], UserAdmin[User]):
    """People."""

    form = GuardedUserForm
    goes_along = {
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
        ("Person", {"fields": ("name", "email")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined", "activated_at")}),
    )

    def protected(self, rows: list[User]) -> list[str]:
        """The last administrators, if none would be left."""
        return [str(LastAdministratorError(row)) for row in last_administrators(rows)]

    @admin.display(description="activated", boolean=True, ordering="activated_at")
    def is_activated(self, user: User) -> bool:
        return user.is_activated

    @admin.action(description="Activate the selected people", permissions=["change"])
    def activate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        found = sum(person.activate() for person in people.order_by("pk"))
        self.message_user(request, f"{found} can post now.", messages.SUCCESS)

    @admin.action(description="Send the link that activates again", permissions=["change"])
    def send_welcome(self, request: HttpRequest, people: QuerySet[User]) -> None:
        waiting = people.filter(activated_at=None, is_active=True)
        for person in waiting:
            tasks.send_welcome.enqueue(person.pk)
        self.message_user(request, f"{len(waiting)} will get the mail.", messages.SUCCESS)


@admin.register(Post)
class PostAdmin(CountedDeletionAdmin[Post]):
    """Posts."""

    goes_along = {"likes": "likes", "bookmarks": "bookmarks", "pictures": "pictures", "notifications": "notifications"}
    list_display = ("__str__", "author", "created_at", "version")
    list_select_related = ("author",)
    search_fields = ("title", "body")
    raw_id_fields = ("author",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Post | None = None) -> tuple[str, ...]:
        """A post stays with whoever wrote it."""
        return ("author",) if obj else ()


@admin.register(Follow)
class FollowAdmin(admin.ModelAdmin[Follow]):
    """Who follows whom."""

    list_display = ("follower", "followed", "created_at")
    list_select_related = ("follower", "followed")
    raw_id_fields = ("follower", "followed")
    show_full_result_count = False


class ReadOnlyAdmin[M: Model](admin.ModelAdmin[M]):
    """What is only read."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """The log, to read only."""

    list_display = ("position", "kind", "subject_id", "actor_id", "created_at")
    list_filter = ("kind",)
    ordering = ("-position",)


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin[AuditEntry]):
    """What was done to accounts."""

    list_display = ("created_at", "username", "actor", "address", "said")
    list_filter = ("kind", "created_at")
    search_fields = ("username", "actor", "address")
    ordering = ("-created_at", "-id")

    @admin.display(description="what")
    def said(self, entry: AuditEntry) -> str:
        return format_html_join(". ", "{}", ((sentence,) for sentence in entry.sentences))


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # its tries are limited

admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin[EmailAddress]):
    """Which addresses belong to whom, and are confirmed. Whoever could add one could take an account over by it."""

    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email", "user__username")


admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """Tasks: those that wait, those that failed, and why. Those that failed for good can be run again."""

    actions = ["run_again"]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("task_name", "status", "tried", "display_run_after", "exception_class_path", "enqueued_at")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return ("status",)

    @admin.display(description="tried")
    def tried(self, task: "DBTaskResult[Any, Any]") -> int:
        return len(task.worker_ids)

    @admin.action(description="Run the selected tasks again", permissions=["run"])
    def run_again(self, request: HttpRequest, tasks: DBTaskResultQuerySet) -> None:
        found = worker.requeue(tasks.filter(status__in=(TaskResultStatus.FAILED, TaskResultStatus.READY)))
        self.message_user(request, f"{found} will run again.", messages.SUCCESS)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_tasks_database.change_dbtaskresult")
