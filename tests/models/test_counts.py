"""Followers, following and posts: counted with what is counted, whoever else writes; put right where they are wrong."""

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
from tests.factories import Cast, make_cast, make_post, make_user
from tests.models.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)  # posts are counted once they are committed


def counts(person: User) -> tuple[int, int, int]:
    """Posts, following, followers."""
    profile = Profile.objects.get(user=person)
    return profile.posts_count, profile.following_count, profile.followers_count


def are_right() -> bool:
    return [wrong for count in COUNTS for wrong in count.mismatches()] == []


def test_follows_count_for_both_ends_once_each(cast):
    for _ in range(2):
        cast.stranger.follow(cast.author)
    assert (counts(cast.author), counts(cast.stranger)) == ((0, 0, 2), (0, 1, 0))
    for _ in range(2):
        cast.stranger.unfollow(cast.author)
    assert (counts(cast.author), counts(cast.stranger)) == ((0, 0, 1), (0, 0, 0))


def test_posts_count_while_they_are_there_and_replies_do_not(cast):
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


def test_who_goes_is_counted_no_more_and_nor_are_their_likes_and_replies(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    make_post(cast.follower, parent=post)
    cast.author.follow(cast.follower)
    cast.follower.delete()
    post.refresh_from_db()
    assert (post.likes_count, post.replies_count, counts(cast.author)) == (0, 0, (1, 0, 0))
    assert are_right()


def test_what_is_rolled_back_was_never_counted():
    cast = make_cast()
    with suppress(RuntimeError), transaction.atomic():
        cast.stranger.follow(cast.author)
        make_post(cast.author)
        raise RuntimeError
    assert counts(cast.author) == (0, 0, 1)


def test_who_came_in_bulk_is_counted_at_first_sight(cast):
    (person,) = User.objects.bulk_create([User(username="in_bulk", password="!")])
    Follow.objects.bulk_create([Follow(follower=cast.author, followed=person)])
    Post.objects.bulk_create([Post(author=person, body=f"{number}") for number in range(3)])
    cast.stranger.follow(person)
    assert not Profile.objects.filter(user=person).exists()
    profile = Profile.objects.for_user(person)
    assert (profile.posts_count, profile.following_count, profile.followers_count) == (3, 0, 2)
    assert counts(person) == (3, 0, 2)


def test_a_count_that_was_too_small_fails_nobodys_deletion(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.stranger, post)
    Profile.objects.update(posts_count=0, followers_count=0, following_count=0)
    Post.objects.update(likes_count=0)
    Like.objects.remove(cast.stranger, post)
    post.delete()
    cast.follower.unfollow(cast.author)
    assert are_right()


def test_nobody_saves_a_stale_count_over_it(cast):
    post, profile = make_post(cast.author), Profile.objects.for_user(cast.author)
    Like.objects.add(cast.stranger, post)
    make_post(cast.stranger, parent=post)
    cast.stranger.follow(cast.author)
    post.body = "Saved whole, with counts of before."
    post.save()
    profile.update(name="Else", about="Else", links=[], avatar=None)
    assert are_right()


def test_a_whole_save_does_not_bring_back_what_was_removed(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).remove()
    post.save()
    assert not Post.objects.present().exists()
    assert are_right()


# --- All at once ---


def test_sixteen_who_follow_and_sixteen_who_post_at_once_are_counted():
    author = make_user()
    people = iter([make_user() for _ in range(16)])
    at_once(lambda: next(people).follow(author), 16)
    at_once(lambda: make_post(author), 16)
    assert counts(author) == (16, 0, 16)
    people_again = iter(User.objects.filter(following__followed=author))
    lock = Lock()

    def unfollow() -> None:
        with lock:
            person = next(people_again)
        person.unfollow(author)

    at_once(unfollow, 16)
    assert counts(author) == (16, 0, 0)


def test_people_who_follow_each_other_like_reply_and_go_at_once_never_deadlock():
    """Each of sixteen does random things to the others; half of them are deleted in the middle of it."""
    people = [make_user() for _ in range(16)]
    posts = [make_post(person) for person in people]
    numbers, deadlocks = iter(range(16)), []

    def live() -> None:
        number = next(numbers)
        rng, me = Random(number), people[number]
        for turn in range(25):
            other = rng.randrange(16)
            acts: list[Callable[[], object]] = [
                partial(me.follow, people[other]),
                partial(me.unfollow, people[other]),
                partial(Like.objects.add, me, posts[other]),
                partial(make_post, me, parent=posts[other]),
                partial(make_post, me),
            ]
            goes = turn == 20 and number % 2 == 1
            try:
                (User.objects.get(pk=me.pk).delete if goes else rng.choice(acts))()
            except OperationalError as error:
                deadlocks.append(error)
            except Exception:
                continue  # somebody or something has gone meanwhile

    at_once(live, 16)
    assert deadlocks == []
    assert User.objects.count() == 8
    assert are_right()


# --- Put right ---


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
def test_a_wrong_count_is_found_and_put_right(scene, field, plant):
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


def test_open_pages_learn_of_corrected_posts(scene, monkeypatch):
    PLANTED["likes_count"](scene)
    recount()
    assert list(Event.objects.values_list("kind", "subject_id")) == [("post.counted", scene.pk)]
    monkeypatch.setattr("livefeed.management.commands.recount.MAX_POST_EVENTS", 0)
    PLANTED["likes_count"](scene)
    recount()
    assert Event.objects.latest("pk").kind == "feed.reset"


def test_many_are_not_all_named(cast):
    Post.objects.bulk_create([Post(author=cast.author, body="x", likes_count=1) for _ in range(30)])
    assert recount()[-2:] == ["and 11 more", "31 counts were wrong and are right now."]


def test_it_is_exact_while_others_write():
    author, people = make_user(), [make_user() for _ in range(8)]
    Profile.objects.filter(user=author).update(followers_count=99)
    numbers = iter(range(9))

    def act() -> None:
        number = next(numbers)
        if number == 8:
            recount()
            return
        for _ in range(10):
            people[number].follow(author)
            people[number].unfollow(author)
        people[number].follow(author)

    at_once(act, 9)
    recount()
    assert are_right()
    assert counts(author)[2] == 8
