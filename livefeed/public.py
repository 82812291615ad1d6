"""Alias of `livefeed.signals` for apps written before 0.1.0, when the public signals were in this module."""

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
