"""The receivers: each alone, all together, rolled back, from a fixture, beside a neighbour that raises."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from allauth.account.signals import user_signed_up
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.management import call_command
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import Signal
from django.utils import timezone

from livefeed import counters, notifications, public, signals
from livefeed.accounts import audit, last_admin
from livefeed.content import fragments, sanitize
from livefeed.live import publishing
from livefeed.models import Event, Follow, Like, Picture, Post, Profile, Session, Tagging, Token, User
from livefeed.signals import people, posts
from tests.factories import make_cast, make_post, make_user
from tests.models.announced import listening, log


@pytest.fixture
def bell() -> Iterator[Mock]:
    with listening() as bell:
        yield bell


# --- Each alone: a signal is sent, and what is called is the one named function ---

USER = User(pk=3, username="mara")
POST, REPLY, REMOVED = (
    Post(pk=7, author=USER, title=" a ", body="#b", **more)
    for more in ({}, {"parent_id": 5, "parent_author_id": 4}, {"removed_at": timezone.now()})
)
LIKE, FOLLOW = Like(pk=1, user_id=4, post=POST), Follow(pk=1, follower_id=4, followed_id=3)
PICTURE, SESSION, TOKEN = Picture(), Session(sign_in=1, user_id=3), Token(pk=1, user=USER)
SAVED = {"created": True, "update_fields": None, "raw": False, "using": "default"}
CHANGED = SAVED | {"created": False}
TO_AND_FRO = CHANGED | {"update_fields": frozenset({"removed_at"})}
DELETED = {"using": "default", "origin": None}

type Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def came(is_new: bool, came: bool) -> dict[str, bool]:
    return {"created": is_new, "came": came}


CALLS: list[tuple[Signal, Model, dict[str, Any], list[Call]]] = [
    (pre_save, POST, SAVED, [("text.tidy_title", (" a ",), {}), ("markup.named_in", ("#b",), {})]),
    (
        post_save,
        POST,
        SAVED,
        [
            ("events.post_saved", (POST,), {"came": True}),
            ("public.post_saved", (POST,), came(True, False)),
            ("Tagging.keep", (POST,), {}),
            ("rendering.forget_post", (POST,), {}),
            ("notifying.post_saved", (POST,), came(True, False)),
            ("counting.post_counted", (POST, +1), {}),
        ],
    ),
    (
        post_save,
        REPLY,
        SAVED,
        [
            ("events.post_saved", (REPLY,), {"came": True}),
            ("public.post_saved", (REPLY,), came(True, False)),
            ("Tagging.keep", (REPLY,), {}),
            ("rendering.forget_post", (REPLY,), {}),
            ("notifying.post_saved", (REPLY,), came(True, False)),
            ("events.reply_counted", (5, +1), {}),
            ("counting.post_counted", (REPLY, +1), {}),
        ],
    ),
    (
        post_save,
        POST,
        CHANGED,
        [
            ("events.post_saved", (POST,), {"came": False}),
            ("public.post_saved", (POST,), came(False, False)),
            ("Tagging.keep", (POST,), {}),
            ("rendering.forget_post", (POST,), {}),
            ("notifying.post_saved", (POST,), came(False, False)),
        ],
    ),
    (
        post_save,
        REMOVED,
        TO_AND_FRO,
        [
            ("events.post_saved", (REMOVED,), {"came": True}),
            ("public.post_saved", (REMOVED,), came(False, True)),
            ("Tagging.keep", (REMOVED,), {}),
            ("rendering.forget_post", (REMOVED,), {}),
            ("notifying.post_saved", (REMOVED,), came(False, True)),
            ("counting.post_counted", (REMOVED, -1), {}),
        ],
    ),
    (pre_delete, POST, DELETED, [("notifying.post_goes", (POST,), {})]),
    (
        post_delete,
        REPLY,
        DELETED,
        [
            ("events.post_deleted", (REPLY,), {}),
            ("public.post_gone", (REPLY,), {}),
            ("rendering.forget_post", (REPLY,), {}),
            ("events.reply_counted", (5, -1), {}),
            ("counting.post_counted", (REPLY, -1), {}),
        ],
    ),
    (post_delete, REMOVED, DELETED, [("rendering.forget_post", (REMOVED,), {})]),
    (post_delete, PICTURE, DELETED, [("Picture.delete_files", (PICTURE,), {})]),
    (
        post_save,
        LIKE,
        SAVED,
        [
            ("events.like_counted", (7, +1), {}),
            ("public.like_changed", (LIKE, public.post_liked), {}),
            ("notifying.like_began", (LIKE,), {}),
        ],
    ),
    (post_save, LIKE, CHANGED, []),
    (
        post_delete,
        LIKE,
        DELETED,
        [
            ("events.like_counted", (7, -1), {}),
            ("public.like_changed", (LIKE, public.post_unliked), {}),
            ("notifying.like_ended", (LIKE,), {}),
        ],
    ),
    (post_delete, LIKE, DELETED | {"origin": POST}, [("public.like_changed", (LIKE, public.post_unliked), {})]),
    (
        post_save,
        FOLLOW,
        SAVED,
        [
            ("events.follow_created", (FOLLOW,), {}),
            ("public.follow_changed", (FOLLOW, public.user_followed), {}),
            ("notifying.follow_began", (FOLLOW,), {}),
            ("counting.follow_counted", (FOLLOW, +1), {}),
        ],
    ),
    (post_save, FOLLOW, CHANGED, []),
    (
        post_delete,
        FOLLOW,
        DELETED,
        [
            ("events.follow_removed", (FOLLOW,), {}),
            ("public.follow_changed", (FOLLOW, public.user_unfollowed), {}),
            ("notifying.follow_ended", (FOLLOW,), {}),
            ("counting.follow_counted", (FOLLOW, -1), {}),
        ],
    ),
    (
        post_save,
        USER,
        SAVED,
        [
            ("Profile.begin", (USER,), {}),
            ("rendering.forget_card", (3,), {}),
            ("auditing.user_saved", (USER,), {"created": True}),
        ],
    ),
    (
        post_save,
        USER,
        CHANGED,
        [
            ("events.user_changed", (USER,), {}),
            ("rendering.forget_card", (3,), {}),
            ("auditing.user_saved", (USER,), {"created": False}),
        ],
    ),
    (pre_save, USER, CHANGED, [("guarding.user_changes", (USER,), {})]),
    (pre_delete, USER, DELETED, [("guarding.user_goes", (USER, None), {})]),
    (post_delete, USER, DELETED, [("rendering.forget_card", (3,), {}), ("auditing.user_deleted", (USER,), {})]),
    (post_delete, SESSION, DELETED, [("events.sign_in_ended", (SESSION,), {})]),
    (post_save, TOKEN, SAVED, [("auditing.token_issued", (TOKEN,), {})]),
    (post_save, TOKEN, CHANGED, []),
    (
        post_delete,
        TOKEN,
        DELETED,
        [("auditing.token_revoked", (TOKEN, None), {}), ("events.token_revoked", (TOKEN,), {})],
    ),
    (pre_delete, Group(pk=1), DELETED, [("auditing.group_deleted", (Group(pk=1),), {})]),
    (post_save, Profile(user_id=3), CHANGED, [("rendering.forget_card", (3,), {})]),
    (post_save, Tagging(), SAVED, []),
]
PLACES = {
    "Tagging.keep": (Tagging.objects, "keep"),
    "Profile.begin": (Profile.objects, "begin"),
    "Picture.delete_files": (Picture, "delete_files"),
    "markup.named_in": (posts, "named_in"),
}
"""Where a function is looked up that is no module's."""


@contextmanager
def calls() -> Iterator[list[Call]]:
    """What the named functions are called with; none does anything."""
    found: list[Call] = []
    modules = {
        "auditing": audit,
        "guarding": last_admin,
        "counting": counters,
        "events": publishing,
        "notifying": notifications,
        "public": public,
    }
    modules |= {"rendering": fragments, "text": sanitize}
    with ExitStack() as stack:
        for name in {name for *_, calls in CALLS for name, _, _ in calls}:
            module, _, function = name.partition(".")
            place, attribute = PLACES.get(name, (modules.get(module), function))
            result = Mock(tags=()) if name == "markup.named_in" else "tidy"

            def note(*given: Any, name: str = name, result: Any = result, **named: Any) -> Any:
                found.append((name, given, named))
                return result

            stack.enter_context(patch.object(place, attribute, note))
        yield found


@pytest.mark.parametrize(("signal", "instance", "how", "expected"), CALLS)
def test_a_receiver_alone_calls_its_one_function(signal, instance, how, expected):
    instance = copy(instance)
    with calls() as found:
        signal.send(type(instance), instance=instance, **how)
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("instance", [POST, REPLY, REMOVED, LIKE, FOLLOW, USER])
@pytest.mark.parametrize("created", [True, False])
@pytest.mark.parametrize("signal", [pre_save, post_save])
def test_rows_from_a_fixture_are_none_of_their_business(instance, created, signal):
    with calls() as found:
        signal.send(type(instance), instance=copy(instance), **SAVED | {"raw": True, "created": created})
    assert found == []


def test_who_signs_up_in_and_out_and_who_is_refused():
    request = Mock(session="session")
    with patch.object(public, "registered") as registered:
        user_signed_up.send(User, request=request, user=USER)
    registered.assert_called_once_with(USER)
    with patch.object(people, "auditing") as audit, patch.object(people, "number_sign_in") as number:
        with patch.object(User, "save"), patch("livefeed.accounts.active_sessions.note") as note:
            user_logged_in.send(User, request=request, user=USER)
        user_logged_out.send(User, request=request, user=USER)
        user_login_failed.send("auth", credentials={"username": "mara"}, request=request)
    number.assert_called_once_with("session")
    note.assert_called_once_with("session", request)
    audit.signed_in.assert_called_once_with(USER, request)
    audit.signed_out.assert_called_once_with(USER, request)
    audit.refused.assert_called_once_with({"username": "mara"}, request)


def test_groups_and_permissions():
    through = User.groups.through
    with patch.object(people, "auditing") as audit:
        m2m_changed.send(through, instance=USER, action="post_add", reverse=False, model=Group, pk_set={1})
        m2m_changed.send(through, instance=USER, action="post_add", reverse=False, model=Group, pk_set={1}, raw=True)
    audit.rights_change.assert_called_once_with(USER, "post_add", Group, reverse=False, ids={1})


def test_the_title_of_a_post_is_the_tidied_one():
    post = Post(title=" raw ", body="x")
    with patch.object(sanitize, "tidy_title", return_value="tidy"):
        pre_save.send(Post, instance=post, raw=False, using="default", update_fields=None)
    assert post.title == "tidy"


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

    assert rings[0] == publishing.ring  # whoever waits for it comes first


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
    signals.connect()

    post = make_post(cast.author)
    cast.stranger.follow(cast.author)
    post.delete()

    assert [kind for kind, _, _ in log()] == ["post.created", "follow.created", "post.deleted"]
