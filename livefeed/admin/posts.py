"""Admin of posts and follows: staff moderate them by deleting, and do not act in the name of other users."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from livefeed.accounts import audit
from livefeed.admin.deletion import CountedDeletionAdmin
from livefeed.admin.ranked import manager_of
from livefeed.models import Follow, Post


class ModerationAdmin[M: Model](admin.ModelAdmin[M]):
    """Admin of what users do: adding and changing act in a user's name, so only superusers may."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and manager_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_change_permission(request, obj) and manager_of(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """True also for staff with the permission to change, as in Django."""
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)


@admin.register(Post)
class PostAdmin(ModerationAdmin[Post], CountedDeletionAdmin[Post]):
    """Posts. Opening one that is for followers only is written to the audit log of its author; lists and searches do
    not reveal its text."""

    deleted_with = {
        "likes": "likes",
        "bookmarks": "bookmarks",
        "pictures": "pictures",
        "notifications": "notifications",
    }
    list_display = ("__str__", "author", "audience", "created_at", "version")
    list_filter = ("audience",)
    list_select_related = ("author",)
    search_fields = ("title", "body")
    search_help_text = "Searches public posts."
    readonly_fields = ("author",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Post | None:
        """Records access to a post for followers: to its page, its history or its deletion."""
        post = super().get_object(request, object_id, from_field)
        if post is not None and _is_private(post, request):
            audit.post_opened(post)
        return post

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Post], search_term: str
    ) -> tuple[QuerySet[Post], bool]:
        """Finds public posts only: a match would reveal the text of others."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return (found.public() if search_term else found), may_have_duplicates  # type: ignore[attr-defined]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuses filters of the address by text or tags, for the same reason."""
        return lookup.partition("__")[0] in ("audience", "author") and super().lookup_allowed(lookup, value, request)


def _is_private(post: Post, request: HttpRequest) -> bool:
    """True if a post is for followers, and the user of the request is not its author."""
    return post.audience == Post.Audience.FOLLOWERS and post.author_id != request.user.pk


@admin.register(Follow)
class FollowAdmin(ModerationAdmin[Follow]):
    """Follows, each with its follower and the user followed."""

    list_display = ("follower", "followed", "created_at")
    list_select_related = ("follower", "followed")
    raw_id_fields = ("follower", "followed")
    show_full_result_count = False
