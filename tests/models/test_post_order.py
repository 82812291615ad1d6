"""The order of a feed, and its pages."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livefeed.models import Post, User, sort_keys
from livefeed.models.post_query import PostQuerySet
from tests.factories import make_user
from tests.models.rollback import examples, rolled_back

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

moments = st.datetimes(datetime(1970, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC))
whole_seconds = moments.map(lambda moment: moment.replace(microsecond=0))
some_shared_moments = st.lists(moments | whole_seconds, min_size=1, max_size=3).flatmap(
    lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=10)
)


def make_posts(author: User, *times: datetime) -> None:
    Post.objects.bulk_create(Post(author=author, body="Hello.", created_at=time) for time in times)


def feed() -> list[Post]:
    return list(Post.objects.newest_first())


def pages(size: int) -> list[list[Post]]:
    """Reads the feed page by page to its end."""
    found = [list(Post.objects.newest_first()[:size])]
    while found[-1]:
        found.append(list(following(found[-1][-1].sort_key)[:size]))
    return found[:-1]


def following(sort_key: str) -> PostQuerySet:
    """Returns the posts that follow `sort_key` in the feed."""
    return Post.objects.older_than(*sort_keys.decode(sort_key)).newest_first()


def paged(size: int) -> list[Post]:
    return [post for page in pages(size) for post in page]


@examples
@given(some_shared_moments)
def test_sort_keys_compared_as_text_are_in_the_order_of_the_feed(db, times):
    with rolled_back():
        make_posts(make_user(), *times)

        keys = [post.sort_key for post in feed()]

        assert keys == sorted(set(keys), reverse=True)


@examples
@given(some_shared_moments)
def test_the_posts_after_a_sort_key_are_all_that_follow_in_the_feed(db, times):
    with rolled_back():
        make_posts(make_user(), *times)

        posts = feed()

        for place, post in enumerate(posts):
            assert list(following(post.sort_key)) == posts[place + 1 :]


@examples
@given(some_shared_moments, st.integers(1, 5))
def test_paging_shows_every_post_once_whatever_the_size_of_a_page(db, times, size):
    with rolled_back():
        make_posts(make_user(), *times)

        assert paged(size) == feed()


def test_posts_of_the_same_microsecond_are_paged_without_gaps_or_duplicates(db):
    make_posts(make_user(), *[NOON] * 25)

    assert [len(page) for page in pages(7)] == [7, 7, 7, 4]
    assert paged(7) == feed()


def test_paging_continues_although_the_last_post_was_deleted(db):
    make_posts(make_user(), *[NOON] * 6)
    posts = feed()
    key = posts[2].sort_key

    posts[2].delete()

    assert list(following(key)) == posts[3:]


def test_a_new_post_does_not_shift_the_following_pages(db):
    author = make_user()
    make_posts(author, *[NOON] * 6)
    posts = feed()

    make_posts(author, NOON)

    assert list(following(posts[2].sort_key)) == posts[3:]


def test_an_edit_does_not_move_a_post(db):
    make_posts(make_user(), *[NOON] * 3)
    posts = feed()

    posts[-1].edit(title="", body="Changed.", seen_version=1)

    assert feed() == posts


@pytest.mark.parametrize(
    "garbage",
    ["", "-", "x", "1", "1-", "-1", "1-x", "x-1", "1.5-1", "-5-1", "0x1-1", "9" * 30 + "-1", "1-1-1", "1\0-1"],
)
def test_an_invalid_sort_key_is_refused(db, garbage):
    with pytest.raises(ValueError):  # noqa: PT011  # the message is never shown: the view answers 404
        list(following(garbage))


@pytest.mark.parametrize("near", ["1-1", " {}", "{} ", "+{}", "{}_0", "0{}"])
def test_a_sort_key_in_another_notation_is_refused(db, near):
    """The page compares keys as text, so only the canonical notation is valid."""
    make_posts(make_user(), NOON)

    with pytest.raises(ValueError):  # noqa: PT011
        list(following(near.format(feed()[0].sort_key)))


def test_a_sort_key_beyond_all_posts_is_valid(db):
    make_posts(make_user(), NOON)

    assert len(following("99999999999999999-999999999999")) == 1
    assert len(following("00000000000000000-000000000000")) == 0
