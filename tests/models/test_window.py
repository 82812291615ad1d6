"""Feed windows find the same posts as sorting all posts, with few queries."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from livefeed.models import Follow, Post, Tagging, User
from livefeed.models.feed_window import MAX_QUERIES, FeedWindow, HomeWindow, TagWindow
from livefeed.models.post_query import PostQuerySet
from tests import selection
from tests.factories import make_user

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT = 5

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    return make_user("reader")


@pytest.fixture
def authors(reader: User) -> list[User]:
    """Users whom the reader follows."""
    users = [make_user() for _ in range(12)]
    Follow.objects.bulk_create(Follow(follower=reader, followed=user) for user in users)
    return users


def write(author: User, *moments: datetime, **fields) -> list[Post]:
    return Post.objects.bulk_create(draft(author, each, **fields) for each in moments)


def draft(author: User, moment: datetime, **fields) -> Post:
    return Post(author=author, body="Hello.", created_at=moment, **fields)


def since_noon(*minutes: float) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in minutes]


def visible_to(viewer: User | None) -> PostQuerySet:
    posts: PostQuerySet = Post.objects.visible_to(viewer)
    return posts


def pages(window: FeedWindow) -> list[int]:
    """Returns the ids on all pages of COUNT posts, and checks that each page takes at most MAX_QUERIES queries."""
    found: list[Post] = []
    start = ""
    while True:
        with CaptureQueriesContext(connection) as queries:
            page = window.after(start, COUNT)
        assert len(queries) <= MAX_QUERIES
        if not page:
            return [post.pk for post in found]
        found += page
        start = page[-1].sort_key


def sorted_ids(posts: PostQuerySet) -> list[int]:
    return list(posts.newest_first().values_list("pk", flat=True))


# --- Home ---


SEEDS = [pytest.param(0, marks=pytest.mark.both), *range(1, 8 if selection.FULL else 4)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spread", [1, 40, 100_000], ids=["one moment", "many at a time", "sparse"])
def test_a_home_has_the_same_posts_as_sorting_all_posts(reader, authors, spread, seed):
    rng = Random(seed)
    users = [reader, *authors, make_user(), make_user("suspended", is_active=False)]
    drafts = []
    for _ in range(150):
        author = rng.choice(users[: rng.choice([2, len(users)])])
        answered = rng.choice([0, 0, rng.choice(users).pk])
        drafts.append(
            draft(
                author,
                NOON + timedelta(seconds=rng.randrange(spread)),
                parent_author_id=answered,
                audience=rng.choice(Post.Audience.values),
                removed_at=rng.choice([None, None, None, NOON]),
            )
        )
    Post.objects.bulk_create(drafts)
    User.objects.filter(pk=authors[0].pk).update(is_active=False)

    assert pages(HomeWindow(reader)) == sorted_ids(visible_to(reader).home_of(reader))


@pytest.mark.both
def test_a_page_of_a_home_takes_two_queries(reader, authors):
    write(authors[0], *since_noon(*range(300)))
    for number, author in enumerate(authors[1:], 1):
        write(author, *since_noon(0, 300 - number / 100))

    for start in ("", visible_to(reader).home_of(reader).newest_first()[100].sort_key):
        with CaptureQueriesContext(connection) as queries:
            assert len(HomeWindow(reader).after(start, COUNT)) == COUNT
        assert len(queries) == 2


@pytest.mark.both
def test_a_home_whose_authors_stopped_posting_long_ago_is_complete(reader, authors):
    stopped = write(authors[0], *since_noon(*range(-300, -100)))
    write(make_user(), *since_noon(*range(300)))

    assert pages(HomeWindow(reader)) == [post.pk for post in reversed(stopped)]


def test_a_home_of_authors_who_mostly_reply_to_strangers_is_complete(reader, authors):
    early = write(authors[0], *since_noon(*range(8)))
    write(authors[0], *since_noon(*range(10, 500)), parent_author_id=make_user().pk)

    assert pages(HomeWindow(reader)) == [post.pk for post in reversed(early)]


def test_posts_dated_in_the_future_are_first(reader, authors):
    tomorrow = timezone.now() + timedelta(days=1)
    (past,) = write(authors[0], timezone.now())
    (future,) = write(authors[1], tomorrow)

    assert pages(HomeWindow(reader)) == [future.pk, past.pk]


def test_a_reader_without_follows_finds_their_own_posts(reader):
    own = write(reader, *since_noon(*range(30)))
    write(make_user(), *since_noon(*range(30)))

    assert pages(HomeWindow(reader)) == [post.pk for post in reversed(own)]


def test_an_empty_feed_has_no_pages(reader):
    assert pages(HomeWindow(reader)) == []
    assert pages(TagWindow("tea", None)) == []


@pytest.mark.parametrize("window", [TagWindow("tea", None), HomeWindow(User(pk=1))])
def test_an_invalid_sort_key_is_refused(window):
    with pytest.raises(ValueError, match="no sort key"):
        window.after("yesterday", COUNT)


# --- Tags ---


@pytest.mark.parametrize("spread", [1, pytest.param(40, marks=pytest.mark.both), 100_000])
def test_a_tag_page_has_the_same_posts_as_sorting_all_its_posts(reader, authors, spread):
    rng = Random(spread)
    posts = Post.objects.bulk_create(
        draft(
            rng.choice(authors),
            NOON + timedelta(seconds=rng.randrange(spread)),
            audience=rng.choice(Post.Audience.values),
        )
        for _ in range(200)
    )
    Tagging.objects.bulk_create(
        Tagging(post=post, tag=tag, created_at=post.created_at)
        for post in posts
        for tag in rng.sample(["tea", "coffee"], rng.randint(0, 2))
    )

    for viewer in (None, reader):
        assert pages(TagWindow("tea", viewer)) == sorted_ids(visible_to(viewer).tagged("tea"))
