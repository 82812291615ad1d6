"""Following somebody, and ending it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from livefeed.models import Follow, User
from tests.factories import make_cast, make_user
from tests.models.at_once import at_once


def test_following_says_whether_it_is_new(cast):
    assert cast.stranger.follow(cast.author) is True
    assert cast.stranger.follow(cast.author) is False
    assert cast.stranger.follows(cast.author)
    assert cast.author.followers.count() == 2


def test_unfollowing_says_whether_it_changed_anything(cast):
    assert cast.follower.unfollow(cast.author) is True
    assert cast.follower.unfollow(cast.author) is False
    assert not cast.follower.follows(cast.author)


def test_following_goes_one_way(cast):
    assert cast.follower.follows(cast.author)
    assert not cast.author.follows(cast.follower)


def test_nobody_follows_themselves_and_a_sentence_says_so(cast):
    with pytest.raises(ValidationError, match="You cannot follow yourself"):
        cast.author.follow(cast.author)

    assert not cast.author.follows(cast.author)


def test_the_database_too_lets_nobody_follow_themselves(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=cast.author, followed=cast.author)


def test_the_database_too_knows_a_follow_once(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=cast.follower, followed=cast.author)


def test_a_form_says_that_one_cannot_follow_oneself_or_twice(cast):
    for follower in (cast.author, cast.follower):
        with pytest.raises(ValidationError):
            Follow(follower=follower, followed=cast.author).full_clean()


def test_following_somebody_whose_account_has_just_gone_is_refused_with_a_sentence(transactional_db):
    mara, tove = make_user("mara"), make_user("tove")
    User.objects.get(pk=tove.pk).delete()

    with pytest.raises(ValidationError, match="no longer exists"):
        mara.follow(tove)

    assert not Follow.objects.exists()


def test_a_follow_pressed_eight_times_at_once_is_one_follow(transactional_db):
    cast = make_cast()

    new = at_once(lambda: cast.stranger.follow(cast.author))

    assert sorted(new) == [False] * 7 + [True]
    assert cast.stranger.following.count() == 1
