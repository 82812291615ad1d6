"""People, follows and posts by the hundred thousand, for trials of weight; conversation.py says what is posted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from random import Random
from typing import NoReturn

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from tqdm import tqdm

from livefeed.demo.accounts import add_accounts
from livefeed.demo.conversation import Conversation, early
from livefeed.live import publishing
from livefeed.models import Follow, User
from livefeed.models.counters import OF_PEOPLE

BATCH = 2_000
"""Rows a transaction: other writers wait a quarter of a second, and larger ones are no faster."""
YEAR = timedelta(days=365)

type Bar = tqdm[NoReturn]


@dataclass(frozen=True)
class Crowd:
    """How much is made: each of `users` follows `follows` others; `posts` in all."""

    users: int
    follows: int
    posts: int


def seed(crowd: Crowd, password: str, *, quiet: bool = False) -> None:
    """Adds what is missing of the people and follows, then the posts, and tells open pages to read anew."""
    now, rng = timezone.now(), Random()  # noqa: S311  # nothing secret
    with _without_query_log():
        with _progress("people", crowd.users, quiet) as bar:
            people = _add_people(crowd.users, password, now - 2 * YEAR, bar)
        with _progress("follows", crowd.users * crowd.follows, quiet) as bar:
            _add_follows(people, crowd.follows, rng, bar)
        with _progress("posts", crowd.posts, quiet) as bar:
            _add_posts(people, crowd.posts, now - YEAR, rng, bar)
        _count_those_seen_before()


@contextmanager
def _without_query_log() -> Iterator[None]:
    """With DEBUG Django keeps the text of its last 9,000 queries; ours hold thousands of rows each."""
    debug, settings.DEBUG = settings.DEBUG, False
    try:
        yield
    finally:
        settings.DEBUG = debug


def _count_those_seen_before() -> None:
    """Who has a profile already is counted anew; all others are at first sight."""
    for count in OF_PEOPLE:
        list(count.repair_all())


def _progress(what: str, total: int, quiet: bool) -> Bar:
    return tqdm(desc=f"{what:>8}", total=total, unit_scale=True, disable=quiet)


def _add_people(count: int, password: str, opened: datetime, bar: Bar) -> list[int]:
    """Makes those of user1 ... user`count` that are missing; returns the ids of all, in that order."""
    people: list[int] = []
    encoded = make_password(password)  # slow on purpose, so once for all
    for numbers in batched(range(1, count + 1), BATCH):
        names = [f"user{number}" for number in numbers]
        known = _ids_of(names)
        joined = opened + YEAR * numbers[0] / count
        missing = [_person(name, encoded, joined) for name in names if name not in known]
        add_accounts(missing)
        known |= {person.username: person.pk for person in missing}
        people += [known[name] for name in names]
        bar.update(len(names))
    return people


def _ids_of(names: Sequence[str]) -> dict[str, int]:
    """The ids of those who are there already, by lower-case name."""
    found = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=names)
    return dict(found.values_list("lowered", "pk"))


def _person(username: str, encoded_password: str, joined: datetime) -> User:
    return User(
        username=username,
        name=username.title(),
        email=f"{username}@seed.example.org",
        password=encoded_password,
        date_joined=joined,
    )


def _add_follows(people: list[int], each: int, rng: Random, bar: Bar) -> None:
    """Lets everybody follow `each` of the others; who follows that many or more already is left alone."""
    for rows in batched(_missing_follows(people, each, rng), BATCH):
        Follow.objects.bulk_create(rows, ignore_conflicts=True)  # somebody may press Follow at the same moment
        bar.update(len(rows))
    bar.update(len(people) * each - bar.n)  # what was there already


def _missing_follows(people: list[int], each: int, rng: Random) -> Iterator[Follow]:
    for followers in batched(people, max(1, BATCH // (each + 1))):
        taken: dict[int, set[int]] = {follower: {follower} for follower in followers}
        for follower, followed in Follow.objects.filter(follower__in=followers).values_list("follower", "followed"):
            taken[follower].add(followed)
        for follower, others in taken.items():
            if len(others) <= each:
                chosen = _choose(people, each + 1 - len(others), others, rng)
                yield from (Follow(follower_id=follower, followed_id=followed) for followed in chosen)


def _choose(people: list[int], count: int, taken: set[int], rng: Random) -> list[int]:
    """Exactly `count` distinct people not in `taken`, the earlier ones more often."""
    drawn = dict.fromkeys(early(people, rng) for _ in range(2 * count))
    chosen = [person for person in drawn if person not in taken][:count]
    if len(chosen) < count:  # a small place, where many follow almost everybody
        left = [person for person in people if person not in taken and person not in chosen]
        chosen += rng.sample(left, count - len(chosen))
    return chosen


def _add_posts(people: list[int], count: int, since: datetime, rng: Random, bar: Bar) -> None:
    """Spreads `count` posts over the year after `since`, in order; the last transaction announces them all."""
    conversation = Conversation(people, rng)
    for start in range(0, max(count, 1), BATCH):
        end = min(start + BATCH, count)
        with transaction.atomic():
            conversation.write([since + YEAR * ((n + rng.random()) / count) for n in range(start, end)])
            if end == count:
                publishing.reset_feeds()
        bar.update(end - start)
