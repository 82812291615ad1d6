"""Pictures on their way into a post, and the loading of the pictures and polls of posts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import prefetch_related_objects

if TYPE_CHECKING:
    from livefeed.models.post import Post


class Attachment(NamedTuple):
    """Reference to an uploaded picture, with the description that it gets in the post."""

    picture_id: uuid.UUID
    description: str = ""


def prefetch_attached(posts: list[Post]) -> list[Post]:
    """Returns the same posts, with the pictures and polls of those that have any, loaded by at most three queries."""
    prefetch_related_objects([post for post in posts if post.pictures_count], "pictures")
    prefetch_related_objects([post for post in posts if post.has_poll], "poll__options")
    return posts
