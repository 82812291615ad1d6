"""Somebody who did everything is deleted: nothing points to them any more, nothing of others is lost, all is told."""

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
    """The author, who did everything that one can do, and to whom everything was done."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    author, friend = cast.author, cast.stranger
    theirs = make_post(friend, "By a friend, for @author.")
    for number in range(3):
        shown = [Attachment(Picture.objects.store(author, file()).pk, "A picture")]
        post = Post.objects.publish(author, title="", body=f"#one {number}", pictures=shown)
        make_post(friend, "An answer to what goes.", parent=post)
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
    """Everything that the database holds, but for the log, the audit and what Django itself keeps."""
    kept = [model for model in apps.get_models() if model._meta.app_label in ("livefeed", "account")]
    kept = [model for model in kept if model.__name__ not in ("Event", "AuditEntry")]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in kept}


def files() -> set[Path]:
    return {each for each in Path(site.MEDIA_ROOT).rglob("*") if each.is_file()}


def pointing_to(person_id: int) -> list[str]:
    """The columns of all tables that point to a person, where any row still does."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_pointer = isinstance(field, models.ForeignKey) and field.remote_field.model is User
            if is_pointer and model._default_manager.filter(**{field.attname: person_id}).exists():
                found.append(f"{model.__name__}.{field.name}")
    return found


def test_nothing_is_left_and_nothing_of_others_is_lost(busy):
    person_id, friend = busy.pk, User.objects.get(username="stranger")
    posts = list(busy.posts.values_list("pk", flat=True))
    assert len(pointing_to(person_id)) >= 10
    busy.delete()
    assert pointing_to(person_id) == []
    assert files() == set()
    assert [caches["fragments"].get(f"post:{pk}") for pk in posts] == [None] * len(posts)
    assert not EmailAddress.objects.filter(email="author@example.org").exists()
    assert Session.objects.count() == 0
    assert friend.posts.count() == 4
    answers = Post.objects.filter(body="An answer to what goes.")
    assert {(answer.parent, answer.is_reply) for answer in answers} == {(None, True)}
    assert "Reply to a deleted post" in render_post(answers[0])
    theirs = Post.objects.get(body__startswith="By a friend")
    assert (theirs.likes_count, theirs.replies_count) == (0, 0)
    call_command("recount", check=True)
    assert list(friend.notifications.all()) == []
    for address in ("/explore/", "/@stranger/", f"/posts/{theirs.pk}/", "/tags/one/"):
        assert Client().get(address).status_code == 200
    assert Client().get("/@author/").status_code == 404


def test_every_end_is_told_once(busy):
    person_id, posts = busy.pk, list(busy.posts.values_list("pk", flat=True))
    friend, follower = (User.objects.get(username=name).pk for name in ("stranger", "follower"))
    token, sign_in = busy.tokens.get().pk, Session.objects.get().sign_in
    busy.delete()
    told = Counter(log())
    wanted = {("post.deleted", post_id, person_id) for post_id in posts}
    wanted |= {("follow.removed", person_id, each) for each in (friend, follower)}
    wanted |= {("follow.removed", friend, person_id), ("token.revoked", token, person_id)}
    wanted |= {("sign_in.ended", sign_in, person_id)}
    assert {event for event in told if event[0] not in ("post.counted",)} == wanted
    assert {told[event] for event in wanted} == {1}


def test_a_deletion_that_is_rolled_back_changes_nothing(busy):
    before, had = rows(), files()
    with suppress(RuntimeError), transaction.atomic():
        User.objects.get(pk=busy.pk).delete()
        raise RuntimeError
    assert rows() == before
    assert files() == had
    assert had
    assert log() == []
