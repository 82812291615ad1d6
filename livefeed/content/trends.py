"""Trending tags and posts, by a score with a half-life.

A tag scores by the number of its authors, not of its posts; a post by the logarithm of its likes and replies. So one
author cannot make a trend alone, and a newcomer's post with three replies today ranks above a famous post of yesterday.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from typing import Any, cast

from django.core.cache import caches
from django.utils import timezone

from livefeed.models import Post, User

TAG_HALF_LIFE = timedelta(hours=12)
POST_HALF_LIFE = timedelta(hours=8)
MAX_POSTS_EXAMINED = 1_000
"""Number of the newest public posts that are scored."""
MAX_TAGS = 6
MAX_POSTS = 20
REPLY_WEIGHT = 2
"""Likes that a reply is worth."""


@dataclass(frozen=True)
class Trend:
    """Tag, and the number of users who used it recently."""

    tag: str
    authors: int


def trending_tags() -> list[Trend]:
    """Returns up to MAX_TAGS trending tags. Each author counts once for a tag, by the latest post with it."""
    return cast(list[Trend], caches["sidebar"].get_or_set("tags", _find_tags))


def trending_posts(viewer: User | None) -> list[Post]:
    """Returns up to MAX_POSTS trending posts that `viewer` may see, one of each author."""
    ids = cast(list[int], caches["sidebar"].get_or_set("posts", _find_post_ids))
    posts = Post.objects.visible_to(viewer).with_related().in_bulk(ids)
    return [posts[pk] for pk in ids if pk in posts]


def clear_cache() -> None:
    """Deletes the cached trends and sidebars of this process."""
    caches["sidebar"].clear()


def _find_tags() -> list[Trend]:
    now = timezone.now()
    latest: defaultdict[str, dict[int, datetime]] = defaultdict(dict)
    for author, created_at, tags in _recent().exclude(tags="").values_list("author", "created_at", "tags"):
        for tag in tags.split():
            latest[tag].setdefault(author, created_at)
    scores = {tag: sum(_decay(now - at, TAG_HALF_LIFE) for at in authors.values()) for tag, authors in latest.items()}
    best = sorted(scores, key=lambda tag: (-scores[tag], tag))[:MAX_TAGS]
    return [Trend(tag, len(latest[tag])) for tag in best]


def _find_post_ids() -> list[int]:
    now = timezone.now()
    best: dict[int, tuple[float, int]] = {}  # score and id of each author's best post
    rows = _recent().top_level().values_list("pk", "author", "created_at", "likes_count", "replies_count")
    for pk, author, created_at, likes, replies in rows:
        weight = log2(1 + likes + REPLY_WEIGHT * replies)
        score = weight * _decay(now - created_at, POST_HALF_LIFE)
        if score:
            best[author] = max(best.get(author, (0.0, 0)), (score, pk))
    return [pk for _, pk in sorted(best.values(), reverse=True)[:MAX_POSTS]]


def _recent() -> Any:
    """Returns the newest public posts, without their authors."""
    newest = Post.objects.public().present().order_by("-created_at", "-pk").values("pk")[:MAX_POSTS_EXAMINED]
    return Post.objects.visible_to(None).filter(pk__in=newest).order_by("-created_at")


def _decay(age: timedelta, half_life: timedelta) -> float:
    """Returns the weight of an activity by its age: 1 now, a half after one half-life."""
    return float(0.5 ** (max(age, timedelta()) / half_life))
