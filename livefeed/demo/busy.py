"""Demo people who keep posting, and now and then edit, like or delete what they posted."""

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

from livefeed.demo.people import writers
from livefeed.demo.voices import VOICES
from livefeed.models import EditConflictError, Like, Post, User

logger = logging.getLogger(__name__)

KEPT = 60
"""Busy posts that are kept; older ones are deleted."""
RECENT = 10
"""Of the newest how many one is edited."""
EDITS, LIKES, DELETIONS = 0.15, 0.2, 0.1
"""Their shares of all acts; the others are posts."""
TITLED = 0.15
"""The share of posts with a title."""
PAUSE = (2.0, 5.0)
RETRY = 1.0
"""Seconds between two acts, at least and at most; seconds after which a failed act is tried again."""

FIRST_KEY, LAST_KEY = UUID(bytes=b"livefeed" + b"\0" * 8), UUID(bytes=b"livefeed" + b"\xff" * 8)
"""Busy posts are known by their keys, also to the next process."""


class Busy:
    """Does one thing at a time in the name of a demo person."""

    def __init__(self, rng: Random | None = None) -> None:
        self._rng = rng or Random()  # noqa: S311  # nothing secret

    def act(self) -> None:
        """Posts mostly; edits, likes or deletes one of the busy posts. Nothing without demo people."""
        people = list(writers())
        posts = list(Post.objects.filter(author__in=people, key__range=(FIRST_KEY, LAST_KEY)).newest_first())
        editable = [post for post in posts[:RECENT] if not post.is_edited]
        draw = self._rng.random()
        if draw < EDITS and editable:
            self._edit(self._rng.choice(editable))
        elif EDITS <= draw < EDITS + LIKES and posts:
            self._like(self._rng.choice(people), self._rng.choice(posts[:RECENT]))
        elif draw > 1 - DELETIONS and posts:
            self._rng.choice(posts).delete()
        elif people:
            self._post(people, posts)

    def pause(self) -> float:
        """Seconds until the next act."""
        return self._rng.uniform(*PAUSE)

    def _post(self, people: list[User], posts: list[Post]) -> None:
        """Posts something that begins like none of `posts`, newest first, and deletes those beyond KEPT."""
        fresh = [
            (person, opening)
            for person in people
            for opening in VOICES[person.username].openings
            if not any(post.body.startswith(opening) for post in posts)
        ]
        if fresh:
            self._publish(*self._rng.choice(fresh))
        for post in posts[KEPT - 1 :]:
            post.delete()

    def _publish(self, author: User, opening: str) -> None:
        voice = VOICES[author.username]
        title = self._rng.choice(voice.titles) if self._rng.random() < TITLED else ""
        body = " ".join([opening, *self._rng.sample(voice.sequels, self._rng.randint(0, 2))])
        Post.objects.publish(author, title=title, body=body, key=UUID(int=FIRST_KEY.int | secrets.randbits(64)))

    def _like(self, reader: User, post: Post) -> None:
        """Likes a post, unless it was deleted meanwhile."""
        with suppress(Post.DoesNotExist):
            Like.objects.add(reader, post)

    def _edit(self, post: Post) -> None:
        """Adds a sentence, unless somebody changed or deleted the post meanwhile."""
        sequels = [sequel for sequel in VOICES[post.author.username].sequels if sequel not in post.body]
        body = f"{post.body} {self._rng.choice(sequels)}"
        with suppress(EditConflictError, Post.DoesNotExist):
            post.edit(title=post.title, body=body, seen_version=post.version)


def keep_busy(busy: Busy, *, acts: int | None = None, pause: float | None = None) -> None:
    """Acts `acts` times, or until SIGINT or SIGTERM, with `pause` seconds in between, or random ones. While the
    database is locked or away it says so once and tries again."""
    done, failing = 0, False
    with _until_stopped():
        while acts is None or done < acts:
            try:
                busy.act()
            except Error as error:
                if not failing:
                    logger.warning("The database does not answer, trying again: %s", str(error).strip())
                failing = True
                _rest(RETRY)
            else:
                done, failing = done + 1, False
                _rest(busy.pause() if pause is None else pause)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ends its block quietly on SIGINT or SIGTERM. Both are set: a shell lets what it runs in the background ignore
    SIGINT."""
    stops = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(stop, signal.default_int_handler) for stop in stops]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for stop, handler in zip(stops, before, strict=True):
            signal.signal(stop, handler)


def _rest(seconds: float) -> None:
    """Sleeps, holding no connection meanwhile, nor a pool: one that lost its server is in no hurry to come back."""
    if seconds > 0:
        for connection in connections.all(initialized_only=True):
            connection.close()
            if isinstance(connection, PostgreSQL):
                connection.close_pool()
        sleep(seconds)
