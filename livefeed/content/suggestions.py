"""Suggestions of users to follow."""

from collections import Counter

from django.db.models import Exists, OuterRef

from livefeed.models import Follow, Post, User

MAX_SUGGESTIONS = 5
MAX_FOLLOWED_EXAMINED = 100
"""Number of the users whom the viewer followed last whose own follows are examined."""
MAX_FOLLOWS_EXAMINED = 2_000
"""Number of the latest follows of those users that are counted."""
MAX_CANDIDATES = 50
"""Number of the most followed of the users found among which suggestions are chosen."""
MAX_POSTS_EXAMINED = 200
"""Number of the newest posts whose authors fill the list up."""


def users_to_follow(viewer: User, most: int = MAX_SUGGESTIONS) -> list[User]:
    """Returns up to `most` active users whom `viewer` does not follow yet.

    Users whom many of the viewer's followed users follow come first, each with `known_by` ("Ada", "Ada and 2 others");
    authors of recent posts fill the list up.
    """
    is_followed = Exists(viewer.following.filter(followed=OuterRef("pk")))
    others = User.objects.filter(~is_followed, is_active=True).exclude(pk=viewer.pk)
    counts, latest_follower = _followed_by_followed(viewer)
    candidates = [user_id for user_id, _ in counts.most_common(MAX_CANDIDATES)]
    followers = {latest_follower[user_id] for user_id in candidates}
    found = User.objects.annotate(is_followed=is_followed).in_bulk({*candidates, *followers})
    users = []
    for user in [found[user_id] for user_id in candidates if user_id in found]:
        if user.is_active and user != viewer and not user.is_followed:
            user.known_by = _and_others(found[latest_follower[user.pk]].display_name, counts[user.pk] - 1)
            users.append(user)
    if len(users) < most:
        recent_authors = Post.objects.order_by("-created_at", "-pk").values("author")[:MAX_POSTS_EXAMINED]
        rest = others.filter(pk__in=recent_authors).exclude(pk__in=[user.pk for user in users])
        users += rest.order_by("-pk")[: most - len(users)]
    return users[:most]


def _followed_by_followed(viewer: User) -> tuple[Counter[int], dict[int, int]]:
    """Returns for each user id how many of the users that `viewer` follows follow it, and the latest of those."""
    counts = Counter[int]()
    latest_follower: dict[int, int] = {}
    followed_by_viewer = viewer.following.order_by("-pk").values("followed")[:MAX_FOLLOWED_EXAMINED]
    follows = Follow.objects.filter(follower__in=followed_by_viewer).order_by("-pk").values_list("follower", "followed")
    for follower, followed in follows[:MAX_FOLLOWS_EXAMINED]:
        counts[followed] += 1
        latest_follower.setdefault(followed, follower)
    return counts, latest_follower


def _and_others(name: str, others: int) -> str:
    if not others:
        return name
    return f"{name} and {others} other{'s' if others > 1 else ''}"
