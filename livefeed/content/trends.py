"""What is talked about: tags and posts by a score that halves with time.

Of a tag counts how many people use it, not how often; of a post, by its logarithm, what others did with it. So one
person cannot make a trend alone, and a newcomer's post that three people answer today stands above a famous one of
yesterday.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from time import monotonic
from typing import Any, cast

from django.utils import timezone

from livefeed.models import Post, User

TAGS_HALVE, POSTS_HALVE = timedelta(hours=12), timedelta(hours=8)
LOOKED_AT = 1_000
"""How many of the newest public posts are looked at."""
KEPT = 60
"""Seconds for which a process shows the same."""
TAGS, POSTS = 6, 20
REPLY_COUNTS = 2
"""How many likes a reply is worth."""


@dataclass(frozen=True)
class Trend:
    """A tag, and how many people wrote of it lately."""

    tag: str
    people: int


def trending_tags() -> list[Trend]:
    """The tags that are talked about, at most TAGS. Somebody counts once for a tag, by their latest post with it."""
    return _kept("trending-tags", _find_tags)


def trending_posts(viewer: User | None) -> list[Post]:
    """The posts that are talked about and that `viewer` may see, at most POSTS, one of each author."""
    ids = _kept("trending-posts", _find_posts)
    posts = Post.objects.visible_to(viewer).with_related().in_bulk(ids)
    return [posts[pk] for pk in ids if pk in posts]


def _find_tags() -> list[Trend]:
    now = timezone.now()
    latest: defaultdict[str, dict[int, datetime]] = defaultdict(dict)
    for author, created_at, tags in _recent().exclude(tags="").values_list("author", "created_at", "tags"):
        for tag in tags.split():
            latest[tag].setdefault(author, created_at)
    scores = {tag: sum(_decay(now - at, TAGS_HALVE) for at in people.values()) for tag, people in latest.items()}
    best = sorted(scores, key=lambda tag: (-scores[tag], tag))[:TAGS]
    return [Trend(tag, len(latest[tag])) for tag in best]


def _find_posts() -> list[int]:
    now, best = timezone.now(), dict[int, tuple[float, int]]()
    rows = _recent().top_level().values_list("pk", "author", "created_at", "likes_count", "replies_count")
    for pk, author, created_at, likes, replies in rows:
        weight = log2(1 + likes + REPLY_COUNTS * replies)
        score = weight * _decay(now - created_at, POSTS_HALVE)
        if score:
            best[author] = max(best.get(author, (0.0, 0)), (score, pk))
    return [pk for _, pk in sorted(best.values(), reverse=True)[:POSTS]]


def _recent() -> Any:
    """The newest public posts. The columns alone: no people are read."""
    newest = Post.objects.public().present().order_by("-created_at", "-pk").values("pk")[:LOOKED_AT]
    return (
        Post.objects.visible_to(None).filter(pk__in=list(newest.values_list("pk", flat=True))).order_by("-created_at")
    )


def _decay(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (max(age, timedelta()) / half_life))


_found: dict[str, tuple[float, Any]] = {}
"""What this process has found, by name, and until when it shows it, on the clock that only goes forward."""


def clear_cache() -> None:
    """Lets everything be looked for anew."""
    _found.clear()


def _kept[T](name: str, find: Callable[[], T]) -> T:
    until, kept = _found.get(name, (0.0, None))
    if until < monotonic():
        kept = find()
        _found[name] = monotonic() + KEPT, kept
    return cast(T, kept)
