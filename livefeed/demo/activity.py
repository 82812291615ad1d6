"""Activity of the demo users: they keep posting, and sometimes edit, like or delete what they have posted."""

import logging
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from time import sleep
from uuid import UUID

from django.db import Error, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

from livefeed.demo.texts import VOICES
from livefeed.demo.users import writers
from livefeed.models import EditConflictError, Like, Post, User

logger = logging.getLogger(__name__)

MAX_GENERATED_POSTS = 60
"""Older ones are deleted."""
MAX_RECENT_POSTS = 10
"""The newest generated posts, which are edited and liked."""
EDIT_SHARE = 0.15
LIKE_SHARE = 0.2
DELETE_SHARE = 0.1
"""Shares of all acts; the others are posts."""
TITLE_SHARE = 0.15
"""The share of posts with a title."""
MIN_PAUSE = 2.0
MAX_PAUSE = 5.0
"""Seconds between two acts."""
RETRY_INTERVAL = 1.0
"""Seconds after which a failed act is tried again."""

FIRST_KEY = UUID(bytes=b"livefeed" + b"\0" * 8)
LAST_KEY = UUID(bytes=b"livefeed" + b"\xff" * 8)
"""Range of the keys of generated posts, which identify them in later processes too."""


class Activity:
    """Performs single acts of demo users."""

    def __init__(self, rng: Random | None = None) -> None:
        self._rng = rng or Random()  # noqa: S311  # not a secret

    def act(self) -> None:
        """Posts mostly, else edits, likes or deletes a generated post. Does nothing without demo users."""
        users = list(writers())
        posts = list(Post.objects.filter(author__in=users, key__range=(FIRST_KEY, LAST_KEY)).newest_first())
        recent = posts[:MAX_RECENT_POSTS]
        editable = [post for post in recent if not post.is_edited]
        draw = self._rng.random()
        if draw < EDIT_SHARE and editable:
            self._edit(self._rng.choice(editable))
        elif EDIT_SHARE <= draw < EDIT_SHARE + LIKE_SHARE and posts:
            self._like(self._rng.choice(users), self._rng.choice(recent))
        elif draw > 1 - DELETE_SHARE and posts:
            self._rng.choice(posts).delete()
        elif users:
            self._post(users, posts)

    def pause(self) -> float:
        """Returns the seconds until the next act."""
        return self._rng.uniform(MIN_PAUSE, MAX_PAUSE)

    def _post(self, users: list[User], posts: list[Post]) -> None:
        """Publishes a post with an opening that none of `posts` has, and deletes the oldest beyond the maximum.
        `posts` are ordered newest first."""
        unused = [
            (user, opening)
            for user in users
            for opening in VOICES[user.username].openings
            if not any(post.body.startswith(opening) for post in posts)
        ]
        if unused:
            author, opening = self._rng.choice(unused)
            self._publish(author, opening)
        for post in posts[MAX_GENERATED_POSTS - 1 :]:
            post.delete()

    def _publish(self, author: User, opening: str) -> None:
        voice = VOICES[author.username]
        title = self._rng.choice(voice.titles) if self._rng.random() < TITLE_SHARE else ""
        body = " ".join([opening, *self._rng.sample(voice.sequels, self._rng.randint(0, 2))])
        Post.objects.publish(author, title=title, body=body, key=UUID(int=FIRST_KEY.int | secrets.randbits(64)))

    def _like(self, user: User, post: Post) -> None:
        """Likes a post, unless it has been deleted concurrently."""
        with suppress(Post.DoesNotExist):
            Like.objects.add(user, post)

    def _edit(self, post: Post) -> None:
        """Adds a sentence, unless the post has been edited or deleted concurrently."""
        sequels = [sequel for sequel in VOICES[post.author.username].sequels if sequel not in post.body]
        body = f"{post.body} {self._rng.choice(sequels)}"
        with suppress(EditConflictError, Post.DoesNotExist):
            post.edit(title=post.title, body=body, seen_version=post.version)


def run_activity(activity: Activity, *, acts: int | None = None, pause: float | None = None) -> None:
    """Performs `acts` acts, or runs until SIGINT or SIGTERM, with `pause` (default: random) seconds in between. While
    the database is locked or unavailable, logs it once and retries."""
    done = 0
    is_failing = False
    with _until_stopped():
        while acts is None or done < acts:
            try:
                activity.act()
            except Error as error:
                if not is_failing:
                    logger.warning("The database does not answer, trying again: %s", str(error).strip())
                is_failing = True
                _sleep(RETRY_INTERVAL)
            else:
                done += 1
                is_failing = False
                _sleep(activity.pause() if pause is None else pause)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ends its block without an error on SIGINT or SIGTERM. Both get a handler: a shell starts background processes
    with SIGINT ignored."""
    stop_signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, signal.default_int_handler) for number in stop_signals]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in zip(stop_signals, previous, strict=True):
            signal.signal(number, handler)


def _sleep(seconds: float) -> None:
    """Sleeps with all connections and pools closed: a pool that has lost its server reconnects only slowly."""
    if seconds > 0:
        for connection in connections.all(initialized_only=True):
            connection.close()
            if isinstance(connection, PostgreSQL):
                connection.close_pool()
        sleep(seconds)
