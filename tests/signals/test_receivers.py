"""The receivers: each alone, all together, rolled back, from a fixture, beside a neighbour that raises."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from livefeed.live import publishing
from livefeed.models import Event, Follow, Like, Post, Profile, Token, User
from livefeed.signals import receivers
from tests.factories import make_cast, make_post, make_user
from tests.models.announced import listening, log


@pytest.fixture
def bell() -> Iterator[Mock]:
    with listening() as bell:
        yield bell


# --- Rows from fixtures ---

USER = User(pk=3, username="mara")
POST = Post(pk=7, author=USER, title=" a ", body="#b")
REPLY = Post(pk=8, author=USER, title=" a ", body="#b", parent_id=5, parent_author_id=4)
REMOVED = Post(pk=9, author=USER, title=" a ", body="#b", removed_at=timezone.now())
LIKE = Like(pk=1, user_id=4, post=POST)
FOLLOW = Follow(pk=1, follower_id=4, followed_id=3)
TOKEN = Token(pk=1, user=USER)
PROFILE = Profile(user_id=3)


@pytest.mark.parametrize("instance", [POST, REPLY, REMOVED, LIKE, FOLLOW, USER, TOKEN, PROFILE])
@pytest.mark.parametrize("created", [True, False])
@pytest.mark.parametrize("signal", [pre_save, post_save])
def test_no_receiver_acts_on_a_raw_save(db, django_assert_num_queries, instance, created, signal):
    loaded = copy(instance)
    with django_assert_num_queries(0):
        signal.send(type(loaded), instance=loaded, created=created, raw=True, update_fields=None, using="default")
    assert getattr(loaded, "title", " a ") == " a "
    assert getattr(loaded, "tags", "") == ""


# --- All together: real rows ---


def test_a_post_is_announced_when_made_changed_and_deleted(cast):
    Event.objects.all().delete()
    post = make_post(cast.author)
    post_id, author_id = post.pk, post.author_id

    post.edit(title="", body="Changed.", seen_version=1)
    post.save()
    post.delete()

    kinds = ["post.created", "post.updated", "post.updated", "post.deleted"]
    assert log() == [(kind, post_id, author_id) for kind in kinds]


def test_a_follow_is_announced_when_it_begins_and_when_it_ends_once_each(db):
    mara, tove = make_user("mara"), make_user("tove")

    for _ in range(2):
        mara.follow(tove)
    for _ in range(2):
        mara.unfollow(tove)

    assert log() == [("follow.created", tove.pk, mara.pk), ("follow.removed", tove.pk, mara.pk)]


def test_a_post_that_is_there_already_is_not_announced_again(cast):
    Event.objects.all().delete()
    first = make_post(cast.author)

    Post.objects.publish(cast.author, title="", body=first.body, key=first.key)

    assert log() == [("post.created", first.pk, cast.author.pk)]


def test_each_post_deleted_through_a_query_is_announced(cast):
    posts = {make_post(cast.author).pk for _ in range(3)}

    Post.objects.all().delete()

    assert {subject for kind, subject, _ in log() if kind == "post.deleted"} == posts


def test_who_goes_takes_their_posts_and_follows_along_and_each_is_announced(cast):
    cast.author.follow(cast.stranger)
    posts = [make_post(cast.author).pk for _ in range(3)]
    kept = make_post(cast.stranger)
    Event.objects.all().delete()
    author, follower, stranger = cast.author.pk, cast.follower.pk, cast.stranger.pk

    cast.author.delete()

    deletions = [("post.deleted", post_id, author) for post_id in posts]
    ends = [("follow.removed", author, follower), ("follow.removed", stranger, author)]
    assert sorted(log()) == sorted([*deletions, *ends])
    assert list(Post.objects.all()) == [kept]


def test_an_account_without_posts_or_follows_goes_silently(db):
    make_user().delete()

    assert log() == []


# --- Rolled back ---


def test_what_is_rolled_back_leaves_no_event_and_no_ring(transactional_db, bell):
    author = make_user()

    with suppress(RuntimeError), transaction.atomic():
        make_post(author).edit(title="", body="Changed.", seen_version=1)
        raise RuntimeError

    assert not Post.objects.exists()
    assert log() == []
    bell.assert_not_called()


def test_a_deletion_that_is_rolled_back_leaves_no_event_and_no_ring(transactional_db, bell):
    post = make_post(make_user())
    bell.reset_mock()

    with suppress(RuntimeError), transaction.atomic():
        Post.objects.get().delete()
        raise RuntimeError

    assert Post.objects.get() == post
    assert [kind for kind, _, _ in log()] == ["post.created"]
    bell.assert_not_called()


def test_what_is_committed_rings(django_capture_on_commit_callbacks, cast, bell):
    with django_capture_on_commit_callbacks() as rings:
        make_post(cast.author)

    assert rings[0] == publishing.wake_up  # whoever waits for it comes first


# --- From a fixture ---


@pytest.fixture
def fixture(tmp_path: Path) -> Callable[..., str]:
    """Writes rows to a file for loaddata."""

    def write(*rows: dict[str, Any]) -> str:
        path = tmp_path / "rows.json"
        path.write_text(json.dumps(rows))
        return str(path)

    return write


def test_loaddata_announces_nothing_and_touches_no_title(transactional_db, bell, fixture):
    cast = make_cast()
    Event.objects.all().delete()
    bell.reset_mock()
    sanitize = {"title": "  as   it is ", "body": "Hello.", "created_at": "2026-01-01T00:00:00Z", "version": 4}
    post = {"model": "livefeed.post", "pk": 70, "fields": {"author": cast.author.pk, **sanitize}}
    people = {"follower": cast.stranger.pk, "followed": cast.author.pk, "created_at": "2026-01-01T00:00:00Z"}
    follow = {"model": "livefeed.follow", "pk": 70, "fields": people}

    for _ in range(2):
        call_command("loaddata", fixture(post, follow), verbosity=0)

    loaded = Post.objects.get(pk=70)
    assert (loaded.title, loaded.version, loaded.is_edited) == ("  as   it is ", 4, False)
    assert cast.stranger.follows(cast.author)
    assert log() == []
    bell.assert_not_called()


def test_loaddata_may_bring_a_post_before_its_author(transactional_db, fixture):
    post = {"model": "livefeed.post", "pk": 70, "fields": {"author": 71, "title": "", "body": "Hello."}}
    author = {"model": "livefeed.user", "pk": 71, "fields": {"username": "late", "password": "!"}}

    call_command("loaddata", fixture(post, author), verbosity=0)

    assert Post.objects.get(pk=70).author.username == "late"


# --- Beside a neighbour ---


@pytest.fixture
def raising_neighbour() -> Iterator[None]:
    """Somebody else's receiver, after ours, that fails."""

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    post_save.connect(fail, sender=Post)
    yield
    post_save.disconnect(fail, sender=Post)


def test_a_neighbour_that_raises_stops_the_save_whole_with_no_event_and_no_ring(
    transactional_db, bell, raising_neighbour
):
    author = make_user()

    with pytest.raises(RuntimeError):
        make_post(author)

    assert not Post.objects.exists()
    assert log() == []
    bell.assert_not_called()


def test_a_bell_that_raises_breaks_no_save(transactional_db, bell):
    bell.side_effect = RuntimeError("on purpose")

    post = make_post(make_user())
    post.edit(title="", body="Changed.", seen_version=1)

    assert Post.objects.get().version == 2
    assert [kind for kind, _, _ in log()] == ["post.created", "post.updated"]
    assert bell.call_count == 2


# --- Connected once ---


def test_connecting_again_announces_nothing_twice(cast):
    Event.objects.all().delete()
    receivers.connect()

    post = make_post(cast.author)
    cast.stranger.follow(cast.author)
    post.delete()

    assert [kind for kind, _, _ in log()] == ["post.created", "follow.created", "post.deleted"]
