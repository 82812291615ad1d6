"""Suggestions of users to follow."""

from livefeed.content.suggestions import users_to_follow
from tests.factories import make_post, make_user


def test_suggested_users_have_posted_and_are_not_followed_yet(cast):
    silent = make_user("silent")
    gone = make_user("gone", is_active=False)
    for user in (cast.author, cast.follower, cast.stranger, gone):
        make_post(user)

    assert silent not in users_to_follow(cast.follower)
    assert users_to_follow(cast.follower) == [cast.stranger]
    assert set(users_to_follow(cast.stranger)) == {cast.author, cast.follower}


def test_at_most_five_users_are_suggested(cast):
    for _ in range(7):
        make_post(make_user())

    assert len(users_to_follow(cast.stranger)) == 5


def test_users_followed_by_many_followed_users_are_first_and_name_these(cast):
    ada, ben, both, one, gone = (make_user(name) for name in ("ada", "ben", "both", "one", "gone"))
    for user in (ada, ben):
        cast.stranger.follow(user)
        user.follow(both)
        user.follow(cast.stranger)
    ada.follow(ben)
    ada.follow(one)
    ada.follow(gone)
    gone.is_active = False
    gone.save()
    make_post(cast.author)

    users = users_to_follow(cast.stranger)

    assert users == [both, one, cast.author]
    assert [user.known_by for user in users] == ["Ben and 1 other", "Ada", ""]
