"""Following and unfollowing users."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from livefeed.models import Follow, User
from tests.factories import make_cast, make_user
from tests.models.at_once import at_once


def test_follow_returns_true_only_if_it_is_new(cast):
    assert cast.stranger.follow(cast.author) is True
    assert cast.stranger.follow(cast.author) is False
    assert cast.stranger.follows(cast.author)
    assert cast.author.followers.count() == 2


def test_unfollow_returns_true_only_if_the_follow_existed(cast):
    assert cast.follower.unfollow(cast.author) is True
    assert cast.follower.unfollow(cast.author) is False
    assert not cast.follower.follows(cast.author)


def test_a_follow_has_one_direction(cast):
    assert cast.follower.follows(cast.author)
    assert not cast.author.follows(cast.follower)


def test_following_yourself_is_refused_with_a_message(cast):
    with pytest.raises(ValidationError, match="You cannot follow yourself"):
        cast.author.follow(cast.author)

    assert not cast.author.follows(cast.author)


def test_the_database_refuses_a_follow_of_yourself(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=cast.author, followed=cast.author)


def test_the_database_refuses_a_second_follow(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=cast.follower, followed=cast.author)


def test_validation_refuses_a_follow_of_yourself_and_a_second_follow(cast):
    for follower in (cast.author, cast.follower):
        with pytest.raises(ValidationError):
            Follow(follower=follower, followed=cast.author).full_clean()


def test_following_a_user_deleted_meanwhile_is_refused_with_a_message(transactional_db):
    mara = make_user("mara")
    tove = make_user("tove")
    User.objects.get(pk=tove.pk).delete()

    with pytest.raises(ValidationError, match="no longer exists"):
        mara.follow(tove)

    assert not Follow.objects.exists()


def test_eight_concurrent_follows_of_one_user_are_one(transactional_db):
    cast = make_cast()

    new = at_once(lambda: cast.stranger.follow(cast.author))

    assert sorted(new) == [False] * 7 + [True]
    assert cast.stranger.following.count() == 1
