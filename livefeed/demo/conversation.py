"""Thousands of posts that resemble a conversation: some have tags, some are replies, some are liked.

Rows created in bulk send no signals, so this module maintains the tag index and the counts of replies and likes itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from random import Random

from livefeed.demo.texts import SENTENCES, TITLES
from livefeed.models import Like, Post, Tagging

BATCH_SIZE = 200
"""Posts that are created at once; those of the next batch may reply to them."""
MAX_SENTENCES = 4
MAX_TAGS = 2
MAX_LIKES = 30
"""Maximum for each post."""
TITLE_SHARE = 0.15
TAG_SHARE = 0.08
REPLY_SHARE = 0.05
LIKE_SHARE = 0.05
"""Shares of posts with a title, with tags, of replies, and of posts with likes."""
TAGS = ("coffee", "books", "bread", "trains", "garden", "weather", "music", "stars", "bridges", "night", "chess", "tea")
"""Ordered by frequency: the first is drawn nearly half of the time."""


class Conversation:
    """Posts of users, oldest first, with their replies and likes. `user_ids` are the authors."""

    def __init__(self, user_ids: Sequence[int], rng: Random) -> None:
        self._user_ids = user_ids
        self._rng = rng
        self._latest: list[Post] = []

    def write(self, moments: Iterable[datetime]) -> None:
        """Creates a post for each of `moments`, in their order."""
        for batch in batched(moments, BATCH_SIZE):
            likers = [self._likers() for _ in batch]
            posts = [self._post(moment, len(users)) for moment, users in zip(batch, likers, strict=True)]
            Post.objects.silently().bulk_create(posts)  # `seed` publishes one event for all
            _index_tags(posts)
            _count_replies(posts)
            _add_likes(posts, likers)
            self._latest = posts

    def _post(self, moment: datetime, likes: int) -> Post:
        title = self._rng.choice(TITLES) if self._happens(TITLE_SHARE) else ""
        tags = self._tags() if self._happens(TAG_SHARE) else []
        sentences = self._rng.sample(SENTENCES, self._rng.randint(1, MAX_SENTENCES))
        post = Post(
            author_id=skewed_choice(self._user_ids, self._rng),
            title=title,
            body=" ".join([*sentences, *(f"#{tag}" for tag in tags)]),
            tags=" ".join(tags),
            likes_count=likes,
            created_at=moment,
        )
        if self._latest and self._happens(REPLY_SHARE):
            post.set_parent(self._rng.choice(self._latest))
        return post

    def _tags(self) -> list[str]:
        tags = [skewed_choice(TAGS, self._rng, power=3) for _ in range(self._rng.randint(1, MAX_TAGS))]
        return list(dict.fromkeys(tags))

    def _likers(self) -> set[int]:
        """Returns the ids of the users who like the next post: mostly none, sometimes a few, at most MAX_LIKES."""
        count = 1 + int(MAX_LIKES * self._rng.random() ** 4) if self._happens(LIKE_SHARE) else 0
        return {skewed_choice(self._user_ids, self._rng) for _ in range(count)}

    def _happens(self, share: float) -> bool:
        return self._rng.random() < share


def skewed_choice[T](items: Sequence[T], rng: Random, power: int = 2) -> T:
    """Returns a random item, earlier ones more often: with a power of 2, a tenth of all draws are from the first
    hundredth."""
    return items[int(len(items) * rng.random() ** power)]


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
        Like(user_id=user_id, post=post) for post, users in zip(posts, likers, strict=True) for user_id in users
    )
