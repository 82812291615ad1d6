"""Receivers together: on raw saves, real saves, rollbacks and loaddata, and with another app's receiver that raises.

`test_each_receiver.py` has the effect of each receiver alone, `test_public_signals.py` the signals that they send.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

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
def wakeup() -> Iterator[Mock]:
    """A wake-up listener of this process."""
    with listening() as listener:
        yield listener


# --- Raw saves ---

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


@pytest.mark.parametrize(
    ("created", "raw", "fields", "is_sent"),
    [
        (False, False, {"activated_at"}, True),
        (False, False, {"name"}, False),
        (False, False, None, False),
        (True, False, {"activated_at"}, False),
        (False, True, {"activated_at"}, False),
    ],
)
def test_only_an_activation_sends_user_activated(created, raw, fields, is_sent):
    mara = User(pk=7, username="mara")
    with (
        patch("livefeed.signals.dispatch.user_activated") as sent,
        patch("livefeed.live.users.user_changed"),
        patch("livefeed.models.Profile.objects.create_for"),
        patch("livefeed.accounts.audit.user_saved"),
    ):
        post_save.send(User, instance=mara, created=created, raw=raw, update_fields=fields, using="default")
    assert sent.called is is_sent


# --- Real saves ---


def test_a_post_has_an_event_for_each_change(cast):
    Event.objects.all().delete()
    post = make_post(cast.author)
    post_id = post.pk
    author_id = post.author_id

    post.edit(title="", body="Changed.", seen_version=1)
    post.save()
    post.delete()

    kinds = ["post.created", "post.updated", "post.updated", "post.deleted"]
    assert log() == [(kind, post_id, author_id) for kind in kinds]


def test_a_follow_has_one_event_when_it_begins_and_one_when_it_ends(db):
    mara = make_user("mara")
    tove = make_user("tove")

    for _ in range(2):
        mara.follow(tove)
    for _ in range(2):
        mara.unfollow(tove)

    assert log() == [("follow.created", tove.pk, mara.pk), ("follow.removed", tove.pk, mara.pk)]


def test_a_post_published_twice_has_one_event(cast):
    Event.objects.all().delete()
    first = make_post(cast.author)

    Post.objects.publish(cast.author, title="", body=first.body, key=first.key)

    assert log() == [("post.created", first.pk, cast.author.pk)]


def test_each_post_deleted_by_a_queryset_has_an_event(cast):
    posts = {make_post(cast.author).pk for _ in range(3)}

    Post.objects.all().delete()

    assert {subject for kind, subject, _ in log() if kind == "post.deleted"} == posts


def test_deleting_a_user_writes_events_for_the_deleted_posts_and_follows(cast):
    cast.author.follow(cast.stranger)
    posts = [make_post(cast.author).pk for _ in range(3)]
    remaining = make_post(cast.stranger)
    Event.objects.all().delete()
    author = cast.author.pk
    follower = cast.follower.pk
    stranger = cast.stranger.pk

    cast.author.delete()

    deletions = [("post.deleted", post_id, author) for post_id in posts]
    ends = [("follow.removed", author, follower), ("follow.removed", stranger, author)]
    assert sorted(log()) == sorted([*deletions, *ends])
    assert list(Post.objects.all()) == [remaining]


def test_deleting_a_user_without_posts_and_follows_writes_no_event(db):
    make_user().delete()

    assert log() == []


# --- Rolled back ---


def test_a_rolled_back_save_writes_no_event_and_wakes_no_listener(transactional_db, wakeup):
    author = make_user()

    with suppress(RuntimeError), transaction.atomic():
        make_post(author).edit(title="", body="Changed.", seen_version=1)
        raise RuntimeError

    assert not Post.objects.exists()
    assert log() == []
    wakeup.assert_not_called()


def test_a_rolled_back_deletion_writes_no_event_and_wakes_no_listener(transactional_db, wakeup):
    post = make_post(make_user())
    wakeup.reset_mock()

    with suppress(RuntimeError), transaction.atomic():
        Post.objects.get().delete()
        raise RuntimeError

    assert Post.objects.get() == post
    assert [kind for kind, _, _ in log()] == ["post.created"]
    wakeup.assert_not_called()


def test_a_commit_wakes_listeners_before_all_other_hooks(django_capture_on_commit_callbacks, cast, wakeup):
    with django_capture_on_commit_callbacks() as hooks:
        make_post(cast.author)

    assert hooks[0] == publishing.wake_up


# --- loaddata ---


@pytest.fixture
def fixture(tmp_path: Path) -> Callable[..., str]:
    """Writes rows to a file for loaddata."""

    def write(*rows: dict[str, Any]) -> str:
        path = tmp_path / "rows.json"
        path.write_text(json.dumps(rows))
        return str(path)

    return write


def test_loaddata_writes_no_event(transactional_db, wakeup, fixture):
    cast = make_cast()
    Event.objects.all().delete()
    wakeup.reset_mock()
    content = {"title": "", "body": "Hello.", "created_at": "2026-01-01T00:00:00Z", "version": 4}
    post = {"model": "livefeed.post", "pk": 70, "fields": {"author": cast.author.pk, **content}}
    users = {"follower": cast.stranger.pk, "followed": cast.author.pk, "created_at": "2026-01-01T00:00:00Z"}
    follow = {"model": "livefeed.follow", "pk": 70, "fields": users}

    for _ in range(2):
        call_command("loaddata", fixture(post, follow), verbosity=0)

    loaded = Post.objects.get(pk=70)
    assert (loaded.version, loaded.is_edited) == (4, False)
    assert cast.stranger.follows(cast.author)
    assert log() == []
    wakeup.assert_not_called()


def test_loaddata_may_bring_a_post_before_its_author(transactional_db, fixture):
    post = {"model": "livefeed.post", "pk": 70, "fields": {"author": 71, "title": "", "body": "Hello."}}
    author = {"model": "livefeed.user", "pk": 71, "fields": {"username": "late", "password": "!"}}

    call_command("loaddata", fixture(post, author), verbosity=0)

    assert Post.objects.get(pk=70).author.username == "late"


# --- Another app's receiver ---


@pytest.fixture
def raising_receiver() -> Iterator[None]:
    """Another app's receiver, called after Livefeed's, that fails."""

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    post_save.connect(fail, sender=Post)
    yield
    post_save.disconnect(fail, sender=Post)


def test_another_receiver_that_raises_undoes_the_save_and_its_event(transactional_db, wakeup, raising_receiver):
    author = make_user()

    with pytest.raises(RuntimeError):
        make_post(author)

    assert not Post.objects.exists()
    assert log() == []
    wakeup.assert_not_called()


def test_a_listener_that_raises_does_not_affect_the_save(transactional_db, wakeup):
    wakeup.side_effect = RuntimeError("on purpose")

    post = make_post(make_user())
    post.edit(title="", body="Changed.", seen_version=1)

    assert Post.objects.get().version == 2
    assert [kind for kind, _, _ in log()] == ["post.created", "post.updated"]
    assert wakeup.call_count == 2


# --- Connected once ---


def test_connecting_again_writes_no_event_twice(cast):
    Event.objects.all().delete()
    receivers.connect()

    post = make_post(cast.author)
    cast.stranger.follow(cast.author)
    post.delete()

    assert [kind for kind, _, _ in log()] == ["post.created", "follow.created", "post.deleted"]
