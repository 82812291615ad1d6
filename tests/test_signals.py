"""The receivers: each alone, all together, rolled back, from a fixture, beside a neighbour that raises."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save

from livefeed import events, signals, text
from livefeed.models import Event, Follow, Post, Profile
from tests.factories import make_cast, make_post, make_user
from tests.models.announced import listening, log


@pytest.fixture
def bell() -> Iterator[Mock]:
    with listening() as bell:
        yield bell


# --- Each alone: a signal is sent, and the one named function is called ---


def sent_saved(instance: Post | Follow, **how: Any) -> None:
    with patch.object(signals, "notifying"):
        post_save.send(type(instance), instance=instance, using="default", update_fields=None, **how)


@pytest.mark.parametrize("created", [True, False])
def test_a_saved_post_calls_the_function_that_announces_it(created):
    post = Post(pk=7, author_id=3)

    with patch.object(events, "post_saved") as announce:
        sent_saved(post, created=created, raw=False)

    announce.assert_called_once_with(post, came=created)


def test_a_deleted_post_calls_the_function_that_announces_it():
    post = Post(pk=7, author_id=3)

    with patch.object(events, "post_deleted") as announce:
        post_delete.send(Post, instance=post, using="default", origin=post)

    announce.assert_called_once_with(post)


def test_a_new_follow_calls_the_function_that_announces_it():
    follow = Follow(follower_id=3, followed_id=7)

    with patch.object(events, "follow_created") as announce:
        sent_saved(follow, created=True, raw=False)

    announce.assert_called_once_with(follow)


def test_a_follow_saved_again_announces_nothing():
    with patch.object(events, "publish") as publish:
        sent_saved(Follow(follower_id=3, followed_id=7), created=False, raw=False)

    publish.assert_not_called()


def test_a_removed_follow_calls_the_function_that_announces_it():
    follow = Follow(follower_id=3, followed_id=7)

    with patch.object(events, "follow_removed") as announce, patch.object(signals, "notifying"):
        post_delete.send(Follow, instance=follow, using="default", origin=follow)

    announce.assert_called_once_with(follow)


def test_the_title_of_a_post_is_tidied_before_it_is_saved():
    post = Post(title=" raw ")

    with patch.object(text, "tidy_title", return_value="tidy") as tidy:
        pre_save.send(Post, instance=post, raw=False, using="default", update_fields=None)

    tidy.assert_called_once_with(" raw ")
    assert post.title == "tidy"


@pytest.mark.parametrize("instance", [Post(pk=7, author_id=3), Follow(follower_id=3, followed_id=7)])
@pytest.mark.parametrize("created", [True, False])
def test_rows_from_a_fixture_announce_nothing(instance, created):
    with patch.object(events, "publish") as publish:
        sent_saved(instance, created=created, raw=True)

    publish.assert_not_called()


def test_a_title_from_a_fixture_stays_as_it_is():
    post = Post(title="  as   it is ")

    pre_save.send(Post, instance=post, raw=True, using="default", update_fields=None)

    assert post.title == "  as   it is "


def test_other_models_are_none_of_the_receivers_business():
    with patch.object(events, "publish") as publish:
        post_save.send(Profile, instance=Profile(), created=True, raw=False, using="default", update_fields=None)

    publish.assert_not_called()


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

    assert rings == [events.ring]


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
    text = {"title": "  as   it is ", "body": "Hello.", "created_at": "2026-01-01T00:00:00Z", "version": 4}
    post = {"model": "livefeed.post", "pk": 70, "fields": {"author": cast.author.pk, **text}}
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
    signals.connect()

    post = make_post(cast.author)
    cast.stranger.follow(cast.author)
    post.delete()

    assert [kind for kind, _, _ in log()] == ["post.created", "follow.created", "post.deleted"]
