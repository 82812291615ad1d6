"""Posts by the thousand that look as if people talked: some have tags, some reply to others, some are liked.

Rows made in bulk fire no signals: what signals keep of posts, tags, replies and likes is kept by hand here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from random import Random

from livefeed.demo.voices import SENTENCES, TITLES
from livefeed.models import Like, Post, Tagging

WRITTEN_AT_ONCE = 200
"""Posts; the next ones may reply to them."""
MOST_SENTENCES, MOST_TAGS, MOST_LIKES = 4, 2, 30
TITLED, TAGGED, REPLYING, LIKED = 0.15, 0.08, 0.05, 0.05
"""The shares of posts with a title, with tags, of replies, and of posts with likes."""
TAGS = ("coffee", "books", "bread", "trains", "garden", "weather", "music", "stars", "bridges", "night", "chess", "tea")
"""Each comes up less often than the one before it, the first in nearly half of all draws."""


class Conversation:
    """What some people write, like and reply to, oldest first. `people` are ids."""

    def __init__(self, people: Sequence[int], rng: Random) -> None:
        self._people, self._rng = people, rng
        self._latest: list[Post] = []

    def write(self, moments: Iterable[datetime]) -> None:
        """Writes a post for each of `moments`, in their order."""
        for some in batched(moments, WRITTEN_AT_ONCE):
            likers = [self._likers() for _ in some]
            posts = [self._post(moment, len(each)) for moment, each in zip(some, likers, strict=True)]
            Post.objects.bulk_create(posts)
            _index_tags(posts)
            _count_replies(posts)
            _add_likes(posts, likers)
            self._latest = posts

    def _post(self, moment: datetime, likes: int) -> Post:
        title = self._rng.choice(TITLES) if self._happens(TITLED) else ""
        tags = self._tags() if self._happens(TAGGED) else []
        words = self._rng.sample(SENTENCES, self._rng.randint(1, MOST_SENTENCES)) + [f"#{tag}" for tag in tags]
        post = Post(author_id=early(self._people, self._rng), title=title, body=" ".join(words), created_at=moment)
        post.tags, post.likes_count = " ".join(tags), likes
        if self._latest and self._happens(REPLYING):
            post.set_parent(self._rng.choice(self._latest))
        return post

    def _tags(self) -> list[str]:
        return list(dict.fromkeys(early(TAGS, self._rng, power=3) for _ in range(self._rng.randint(1, MOST_TAGS))))

    def _likers(self) -> set[int]:
        """Who likes the next post: nobody mostly, few often, MOST_LIKES people at most."""
        count = 1 + int(MOST_LIKES * self._rng.random() ** 4) if self._happens(LIKED) else 0
        return {early(self._people, self._rng) for _ in range(count)}

    def _happens(self, share: float) -> bool:
        return self._rng.random() < share


def early[T](among: Sequence[T], rng: Random, power: int = 2) -> T:
    """One of them, the earlier ones more often: by the power of 2 the first hundredth comes up in a tenth of all
    draws."""
    return among[int(len(among) * rng.random() ** power)]


def _index_tags(posts: list[Post]) -> None:
    Tagging.objects.bulk_create(
        Tagging(post=post, tag=tag, created_at=post.created_at) for post in posts for tag in post.tags.split()
    )


def _count_replies(posts: list[Post]) -> None:
    parents = defaultdict(list)
    for parent, count in Counter(post.parent_id for post in posts if post.is_reply).items():
        parents[count].append(parent)
    for count, counted in parents.items():
        Post.objects.filter(pk__in=counted).increment(replies_count=count)


def _add_likes(posts: list[Post], likers: list[set[int]]) -> None:
    Like.objects.bulk_create(
        Like(user_id=user, post=post) for post, people in zip(posts, likers, strict=True) for user in people
    )
