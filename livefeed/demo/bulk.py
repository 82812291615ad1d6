"""Hundreds of thousands of users, follows and posts, for load tests. The posts come from conversation.py."""

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

from livefeed.demo.accounts import create_accounts
from livefeed.demo.conversation import Conversation, skewed_choice
from livefeed.live import publishing
from livefeed.models import Follow, User
from livefeed.models.counters import USER_COUNTS

BATCH = 2_000
"""Rows in a transaction: other writers wait up to 0.25 s for it, and larger ones are no faster."""
YEAR = timedelta(days=365)

type Bar = tqdm[NoReturn]


@dataclass(frozen=True)
class Crowd:
    """Amounts to create: `users`, who follow `follows` others each, and `posts` in total."""

    users: int
    follows: int
    posts: int


def seed(crowd: Crowd, password: str, *, quiet: bool = False) -> None:
    """Creates missing users and follows, then all posts, and makes open pages reload."""
    now = timezone.now()
    rng = Random()  # noqa: S311  # not a secret
    with _without_query_log():
        with _progress("users", crowd.users, quiet) as bar:
            user_ids = _add_users(crowd.users, password, now - 2 * YEAR, bar)
        with _progress("follows", crowd.users * crowd.follows, quiet) as bar:
            _add_follows(user_ids, crowd.follows, rng, bar)
        with _progress("posts", crowd.posts, quiet) as bar:
            _add_posts(user_ids, crowd.posts, now - YEAR, rng, bar)
        _repair_profile_counts()


@contextmanager
def _without_query_log() -> Iterator[None]:
    """Turns DEBUG off: with it, Django stores its last 9,000 queries, and these contain thousands of rows each."""
    debug = settings.DEBUG
    settings.DEBUG = False
    try:
        yield
    finally:
        settings.DEBUG = debug


def _repair_profile_counts() -> None:
    """Corrects the counts of profiles that exist already; a new profile is counted when it is created."""
    for count in USER_COUNTS:
        list(count.repair_all())


def _progress(label: str, total: int, quiet: bool) -> Bar:
    return tqdm(desc=f"{label:>8}", total=total, unit_scale=True, disable=quiet)


def _add_users(count: int, password: str, since: datetime, bar: Bar) -> list[int]:
    """Creates those of user1 ... user`count` that are missing. Returns the ids of all, in that order."""
    user_ids: list[int] = []
    encoded_password = make_password(password)  # slow by design, so once for all
    for numbers in batched(range(1, count + 1), BATCH):
        names = [f"user{number}" for number in numbers]
        ids = _ids_of(names)
        joined = since + YEAR * numbers[0] / count
        missing = [_user(name, encoded_password, joined) for name in names if name not in ids]
        create_accounts(missing)
        ids |= {user.username: user.pk for user in missing}
        user_ids += [ids[name] for name in names]
        bar.update(len(names))
    return user_ids


def _ids_of(names: Sequence[str]) -> dict[str, int]:
    """Returns the ids of existing users by their names in lower case."""
    found = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=names)
    return dict(found.values_list("lowered", "pk"))


def _user(username: str, encoded_password: str, joined: datetime) -> User:
    return User(
        username=username,
        name=username.title(),
        email=f"{username}@seed.example.org",
        password=encoded_password,
        date_joined=joined,
    )


def _add_follows(user_ids: list[int], each: int, rng: Random, bar: Bar) -> None:
    """Makes every user follow `each` others. Users who already follow that many or more are left unchanged."""
    for rows in batched(_missing_follows(user_ids, each, rng), BATCH):
        Follow.objects.bulk_create(rows, ignore_conflicts=True)  # a user may follow concurrently
        bar.update(len(rows))
    bar.update(len(user_ids) * each - bar.n)  # follows that existed already


def _missing_follows(user_ids: list[int], each: int, rng: Random) -> Iterator[Follow]:
    for followers in batched(user_ids, max(1, BATCH // (each + 1))):
        taken: dict[int, set[int]] = {follower: {follower} for follower in followers}
        for follower, followed in Follow.objects.filter(follower__in=followers).values_list("follower", "followed"):
            taken[follower].add(followed)
        for follower, others in taken.items():
            if len(others) <= each:
                chosen = _choose(user_ids, each + 1 - len(others), others, rng)
                yield from (Follow(follower_id=follower, followed_id=followed) for followed in chosen)


def _choose(user_ids: list[int], count: int, taken: set[int], rng: Random) -> list[int]:
    """Returns `count` distinct ids that are not in `taken`, earlier ones more often."""
    drawn = dict.fromkeys(skewed_choice(user_ids, rng) for _ in range(2 * count))
    chosen = [user_id for user_id in drawn if user_id not in taken][:count]
    if len(chosen) < count:  # few users, of whom many follow almost all others
        remaining = [user_id for user_id in user_ids if user_id not in taken and user_id not in chosen]
        chosen += rng.sample(remaining, count - len(chosen))
    return chosen


def _add_posts(user_ids: list[int], count: int, since: datetime, rng: Random, bar: Bar) -> None:
    """Creates `count` posts over the year after `since`, in order. The last transaction publishes one event for all."""
    conversation = Conversation(user_ids, rng)
    for start in range(0, max(count, 1), BATCH):
        end = min(start + BATCH, count)
        with transaction.atomic():
            conversation.write([since + YEAR * ((n + rng.random()) / count) for n in range(start, end)])
            if end == count:
                publishing.reset_feeds()
        bar.update(end - start)
