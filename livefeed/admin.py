"""The operator's view of the tables."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from livefeed.models import Event, Follow, Post, User


@admin.register(User)
class LivefeedUserAdmin(UserAdmin[User]):
    """People."""

    list_display = ("username", "name", "email", "is_active", "is_staff")
    search_fields = ("username", "name", "email")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("name", "email")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )


@admin.register(Post)
class PostAdmin(admin.ModelAdmin[Post]):
    """Posts."""

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


@admin.register(Event)
class EventAdmin(admin.ModelAdmin[Event]):
    """The log, to read only."""

    list_display = ("position", "kind", "subject_id", "actor_id", "created_at")
    list_filter = ("kind",)
    ordering = ("-position",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False
