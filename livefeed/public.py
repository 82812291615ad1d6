"""An alias of `livefeed.signals`, where the public signals were before 0.1.0."""

from livefeed.signals import (
    post_edited,
    post_liked,
    post_published,
    post_removed,
    post_restored,
    post_unliked,
    user_activated,
    user_followed,
    user_registered,
    user_unfollowed,
)

__all__ = [
    "post_edited",
    "post_liked",
    "post_published",
    "post_removed",
    "post_restored",
    "post_unliked",
    "user_activated",
    "user_followed",
    "user_registered",
    "user_unfollowed",
]
