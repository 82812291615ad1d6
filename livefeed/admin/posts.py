"""Admin of posts and follows."""

from django.contrib import admin
from django.http import HttpRequest

from livefeed.admin.deletion import CountedDeletionAdmin
from livefeed.models import Follow, Post


@admin.register(Post)
class PostAdmin(CountedDeletionAdmin[Post]):
    """Posts."""

    deleted_with = {
        "likes": "likes",
        "bookmarks": "bookmarks",
        "pictures": "pictures",
        "notifications": "notifications",
    }
    list_display = ("__str__", "author", "created_at", "version")
    list_select_related = ("author",)
    search_fields = ("title", "body")
    raw_id_fields = ("author",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Post | None = None) -> tuple[str, ...]:
        """Returns `author` for an existing post: its author never changes."""
        return ("author",) if obj else ()


@admin.register(Follow)
class FollowAdmin(admin.ModelAdmin[Follow]):
    """Follows, each with its follower and the user followed."""

    list_display = ("follower", "followed", "created_at")
    list_select_related = ("follower", "followed")
    raw_id_fields = ("follower", "followed")
    show_full_result_count = False
