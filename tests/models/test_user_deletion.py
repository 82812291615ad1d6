"""Deletion of a user with every kind of data: all references and no data of others go, with events."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings as site
from django.core.cache import caches
from django.core.management import call_command
from django.db import models, transaction
from django.test import Client

from livefeed.content.fragments import render_post
from livefeed.content.images import AVATAR
from livefeed.models import Bookmark, Event, Follow, Like, Picture, Post, Profile, Session, Token, User
from livefeed.models.picture import Attachment
from tests.factories import Cast, make_post, signed_in
from tests.image_files import file
from tests.models.announced import log

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(cast: Cast, settings, tmp_path: Path) -> User:
    """The author, with every kind of data of their own and from others."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    author = cast.author
    friend = cast.stranger
    theirs = make_post(friend, "By a friend, for @author.")
    for number in range(3):
        shown = [Attachment(Picture.objects.store(author, file()).pk, "A picture")]
        post = Post.objects.publish(author, title="", body=f"#one {number}", pictures=shown)
        make_post(friend, "A reply to a deleted post.", parent=post)
        for kind in (Like, Bookmark):
            kind.objects.add(friend, post)
        render_post(post)
    make_post(author, "An answer, @stranger.", parent=theirs)
    for kind in (Like, Bookmark):
        kind.objects.add(author, theirs)
    for one, other in ((author, friend), (friend, author)):
        one.follow(other)
    Follow.objects.set_bell(friend, author, True)
    Profile.objects.for_user(author).update(
        name="Author", about="Busy", links=[], avatar=Picture.objects.store(author, file(), AVATAR)
    )
    Token.objects.issue(author)
    signed_in(author)
    Event.objects.all().delete()
    return User.objects.get(pk=author.pk)


def rows() -> dict[str, list[dict[str, Any]]]:
    """Returns all rows, except events, audit entries and Django's own tables."""
    included = [model for model in apps.get_models() if model._meta.app_label in ("livefeed", "account")]
    included = [model for model in included if model.__name__ not in ("Event", "AuditEntry")]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in included}


def files() -> set[Path]:
    return {each for each in Path(site.MEDIA_ROOT).rglob("*") if each.is_file()}


def references_to(user_id: int) -> list[str]:
    """Returns the foreign key columns in which a row refers to a user."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_reference = isinstance(field, models.ForeignKey) and field.remote_field.model is User
            if is_reference and model._default_manager.filter(**{field.attname: user_id}).exists():
                found.append(f"{model.__name__}.{field.name}")
    return found


def test_all_data_of_the_user_and_none_of_others_is_deleted(busy):
    user_id = busy.pk
    friend = User.objects.get(username="stranger")
    posts = list(busy.posts.values_list("pk", flat=True))
    assert len(references_to(user_id)) >= 10
    busy.delete()
    assert references_to(user_id) == []
    assert files() == set()
    assert [caches["fragments"].get(f"post:{pk}") for pk in posts] == [None] * len(posts)
    assert not EmailAddress.objects.filter(email="author@example.org").exists()
    assert Session.objects.count() == 0
    assert friend.posts.count() == 4
    answers = Post.objects.filter(body="A reply to a deleted post.")
    assert {(answer.parent, answer.is_reply) for answer in answers} == {(None, True)}
    assert "Reply to a deleted post" in render_post(answers[0])
    theirs = Post.objects.get(body__startswith="By a friend")
    assert (theirs.likes_count, theirs.replies_count) == (0, 0)
    call_command("recount", check=True)
    assert list(friend.notifications.all()) == []
    for address in ("/explore/", "/@stranger/", f"/posts/{theirs.pk}/", "/tags/one/"):
        assert Client().get(address).status_code == 200
    assert Client().get("/@author/").status_code == 404


def test_every_deleted_row_has_one_event(busy):
    user_id = busy.pk
    posts = list(busy.posts.values_list("pk", flat=True))
    friend, follower = (User.objects.get(username=name).pk for name in ("stranger", "follower"))
    token = busy.tokens.get().pk
    sign_in = Session.objects.get().sign_in
    busy.delete()
    events = Counter(log())
    expected = {("post.deleted", post_id, user_id) for post_id in posts}
    expected |= {("follow.removed", user_id, each) for each in (friend, follower)}
    expected |= {("follow.removed", friend, user_id), ("token.revoked", token, user_id)}
    expected |= {("sign_in.ended", sign_in, user_id)}
    assert {event for event in events if event[0] != "post.counted"} == expected
    assert {events[event] for event in expected} == {1}


def test_a_deletion_that_is_rolled_back_changes_nothing(busy):
    rows_before = rows()
    files_before = files()
    with suppress(RuntimeError), transaction.atomic():
        User.objects.get(pk=busy.pk).delete()
        raise RuntimeError
    assert rows() == rows_before
    assert files() == files_before
    assert files_before
    assert log() == []
