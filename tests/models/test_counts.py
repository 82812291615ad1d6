"""Stored counts: exact under concurrent writes, and repaired by `recount`."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import StringIO
from random import Random
from threading import Lock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction

from livefeed.models import Event, Follow, Like, Post, Profile, User
from livefeed.models.counters import COUNTS
from tests import selection
from tests.factories import Cast, make_cast, make_post, make_user
from tests.models.at_once import at_once

TURNS = 25 if selection.FULL else 10
"""Writes of each user that may meet in a deadlock."""

pytestmark = pytest.mark.django_db(transaction=True)  # posts are counted once they are committed


def counts(user: User) -> tuple[int, int, int]:
    """Returns the numbers of posts, followed users and followers."""
    profile = Profile.objects.get(user=user)
    return profile.posts_count, profile.following_count, profile.followers_count


def are_right() -> bool:
    return [wrong for count in COUNTS for wrong in count.mismatches()] == []


def test_a_follow_counts_once_for_both_users(cast):
    for _ in range(2):
        cast.stranger.follow(cast.author)
    assert (counts(cast.author), counts(cast.stranger)) == ((0, 0, 2), (0, 1, 0))
    for _ in range(2):
        cast.stranger.unfollow(cast.author)
    assert (counts(cast.author), counts(cast.stranger)) == ((0, 0, 1), (0, 0, 0))


def test_posts_that_are_not_removed_count_and_replies_do_not(cast):
    post = make_post(cast.author)
    make_post(cast.author, parent=post)
    assert counts(cast.author)[0] == 1
    post.edit(title="", body="Edited.", seen_version=1)
    assert counts(cast.author)[0] == 1
    post.remove()
    assert counts(cast.author)[0] == 0
    post.restore()
    assert counts(cast.author)[0] == 1
    post.remove()
    Post.objects.get(pk=post.pk).delete()
    assert counts(cast.author)[0] == 0
    make_post(cast.author).delete()
    assert counts(cast.author)[0] == 0


def test_a_deleted_user_no_longer_counts_nor_do_their_likes_and_replies(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    make_post(cast.follower, parent=post)
    cast.author.follow(cast.follower)
    cast.follower.delete()
    post.refresh_from_db()
    assert (post.likes_count, post.replies_count, counts(cast.author)) == (0, 0, (1, 0, 0))
    assert are_right()


def test_a_rollback_restores_the_counts():
    cast = make_cast()
    with suppress(RuntimeError), transaction.atomic():
        cast.stranger.follow(cast.author)
        make_post(cast.author)
        raise RuntimeError
    assert counts(cast.author) == (0, 0, 1)


def test_users_created_in_bulk_are_counted_when_their_profile_is_first_read(cast):
    (user,) = User.objects.bulk_create([User(username="in_bulk", password="!")])
    Follow.objects.bulk_create([Follow(follower=cast.author, followed=user)])
    Post.objects.bulk_create([Post(author=user, body=f"{number}") for number in range(3)])
    cast.stranger.follow(user)
    assert not Profile.objects.filter(user=user).exists()
    profile = Profile.objects.for_user(user)
    assert (profile.posts_count, profile.following_count, profile.followers_count) == (3, 0, 2)
    assert counts(user) == (3, 0, 2)


def test_a_count_that_is_too_small_does_not_prevent_deletions(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.stranger, post)
    Profile.objects.update(posts_count=0, followers_count=0, following_count=0)
    Post.objects.update(likes_count=0)
    Like.objects.remove(cast.stranger, post)
    post.delete()
    cast.follower.unfollow(cast.author)
    assert are_right()


def test_a_full_save_does_not_overwrite_counts(cast):
    post = make_post(cast.author)
    profile = Profile.objects.for_user(cast.author)
    Like.objects.add(cast.stranger, post)
    make_post(cast.stranger, parent=post)
    cast.stranger.follow(cast.author)
    post.body = "Saved whole, with counts of before."
    post.save()
    profile.update(name="Else", about="Else", links=[], avatar=None)
    assert are_right()


def test_a_full_save_does_not_restore_a_removed_post(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).remove()
    post.save()
    assert not Post.objects.present().exists()
    assert are_right()


# --- Concurrent writes ---


def test_sixteen_concurrent_follows_and_posts_all_count():
    author = make_user()
    users = iter([make_user() for _ in range(16)])
    at_once(lambda: next(users).follow(author), 16)
    at_once(lambda: make_post(author), 16)
    assert counts(author) == (16, 0, 16)
    followers = iter(User.objects.filter(following__followed=author))
    lock = Lock()

    def unfollow() -> None:
        with lock:
            user = next(followers)
        user.unfollow(author)

    at_once(unfollow, 16)
    assert counts(author) == (16, 0, 0)


def test_users_who_follow_like_reply_and_are_deleted_concurrently_never_deadlock():
    """Sixteen users do random writes that affect each other; half of the users are deleted meanwhile."""
    users = [make_user() for _ in range(16)]
    posts = [make_post(user) for user in users]
    numbers = iter(range(16))
    deadlocks = []

    def live() -> None:
        number = next(numbers)
        rng = Random(number)
        me = users[number]
        for turn in range(TURNS):
            other = rng.randrange(16)
            acts: list[Callable[[], object]] = [
                partial(me.follow, users[other]),
                partial(me.unfollow, users[other]),
                partial(Like.objects.add, me, posts[other]),
                partial(make_post, me, parent=posts[other]),
                partial(make_post, me),
            ]
            is_deletion = turn == TURNS * 4 // 5 and number % 2 == 1
            try:
                act = User.objects.get(pk=me.pk).delete if is_deletion else rng.choice(acts)
                act()
            except OperationalError as error:
                deadlocks.append(error)
            except Exception:
                continue  # the other user or post was deleted meanwhile

    at_once(live, 16)
    assert deadlocks == []
    assert User.objects.count() == 8
    assert are_right()


# --- Repair ---


def recount(**options: object) -> list[str]:
    output = StringIO()
    call_command("recount", stdout=output, **options)
    return output.getvalue().splitlines()


@pytest.fixture
def scene(cast: Cast) -> Post:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    make_post(cast.follower, parent=post)
    Event.objects.all().delete()
    return post


PLANTED = {
    "followers_count": lambda post: Profile.objects.filter(user=post.author).update(followers_count=9),
    "following_count": lambda post: Profile.objects.filter(user=post.author).update(following_count=9),
    "posts_count": lambda post: Profile.objects.filter(user=post.author).update(posts_count=9),
    "likes_count": lambda post: Post.objects.filter(pk=post.pk).update(likes_count=9),
    "replies_count": lambda post: Post.objects.filter(pk=post.pk).update(replies_count=9),
}


@pytest.mark.parametrize(("field", "plant"), PLANTED.items(), ids=PLANTED.keys())
def test_a_wrong_count_is_found_and_repaired(scene, field, plant):
    assert recount() == recount(check=True) == ["Every count is right."]
    plant(scene)
    with pytest.raises(CommandError, match="1 counts are wrong"):
        recount(check=True)
    assert not are_right()
    named, said = recount()
    true = {"following_count": 0}.get(field, 1)
    who = f"post {scene.pk}" if field in ("likes_count", "replies_count") else "@author"
    assert (named, said) == (f"{who}: {field} 9 -> {true}", "1 counts were wrong and are right now.")
    assert are_right()


def test_repaired_counts_of_posts_are_published(scene, monkeypatch):
    PLANTED["likes_count"](scene)
    recount()
    assert list(Event.objects.values_list("kind", "subject_id")) == [("post.counted", scene.pk)]
    monkeypatch.setattr("livefeed.management.commands.recount.MAX_POST_EVENTS", 0)
    PLANTED["likes_count"](scene)
    recount()
    assert Event.objects.latest("pk").kind == "feed.reset"


def test_of_many_wrong_counts_only_the_first_are_listed(cast):
    Post.objects.bulk_create([Post(author=cast.author, body="x", likes_count=1) for _ in range(30)])
    assert recount()[-2:] == ["and 11 more", "31 counts were wrong and are right now."]


def test_recount_is_exact_under_concurrent_writes():
    author = make_user()
    users = [make_user() for _ in range(8)]
    Profile.objects.filter(user=author).update(followers_count=99)
    numbers = iter(range(9))

    def act() -> None:
        number = next(numbers)
        if number == 8:
            recount()
            return
        for _ in range(10):
            users[number].follow(author)
            users[number].unfollow(author)
        users[number].follow(author)

    at_once(act, 9)
    recount()
    assert are_right()
    assert counts(author)[2] == 8
