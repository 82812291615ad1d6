"""Signals of our own: what other apps are told, when, and what becomes of a receiver that raises."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core import serializers
from django.db import transaction
from django.dispatch import Signal

from livefeed import signals
from livefeed.models import Like, Post, User
from livefeed.signals import registry
from tests.factories import Cast, make_cast, make_post, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@contextmanager
def heard(*names: str) -> Iterator[list[tuple[str, Any, dict[str, Any]]]]:
    """What is heard meanwhile: each signal's name, sender and arguments. All signals if none are named."""
    told: list[tuple[str, Any, dict[str, Any]]] = []
    receivers = []
    for name in names or registry.own_signals():

        def receive(sender: Any, signal: Signal, name: str = name, **what: Any) -> None:
            told.append((name, sender, what))

        receivers.append((getattr(signals, name), receive))
        getattr(signals, name).connect(receive, weak=False)
    try:
        yield told
    finally:
        for signal, receiver in receivers:
            signal.disconnect(receiver)


def test_the_life_of_a_post_is_told(cast):
    with heard() as told:
        post = make_post(cast.author)
        post.edit(title="", body="Edited.", seen_version=1)
        post.remove()
        post.restore()
        post_id = post.pk
        post.delete()
    assert [(name, sender) for name, sender, _ in told] == [
        (name, Post) for name in ("post_published", "post_edited", "post_removed", "post_restored", "post_removed")
    ]
    assert {what["post_id"] for name, _, what in told if name == "post_removed"} == {post_id}


def test_a_removed_post_that_is_purged_is_not_told_again(cast):
    post = make_post(cast.author)
    post.remove()
    with heard() as told:
        post.delete()
    assert told == []


def test_likes_and_follows_are_told_once_each(cast):
    post = make_post(cast.author)
    like, follow = (
        {"user_id": cast.stranger.pk, "post_id": post.pk},
        {
            "follower_id": cast.stranger.pk,
            "followed_id": cast.author.pk,
        },
    )
    with heard() as told:
        for _ in range(2):
            Like.objects.add(cast.stranger, post)
            cast.stranger.follow(cast.author)
        for _ in range(2):
            Like.objects.remove(cast.stranger, post)
            cast.stranger.unfollow(cast.author)
    assert [(name, what) for name, _, what in told] == [
        ("post_liked", like),
        ("user_followed", follow),
        ("post_unliked", like),
        ("user_unfollowed", follow),
    ]


def test_a_sign_up_is_told_and_a_person_made_otherwise_is_not(client):
    with heard("user_registered") as told:
        User.objects.create(username="made_by_hand")
        form = {"username": "newcomer", "email": "new@example.org", "password1": "correct horse battery"}
        assert client.post("/accounts/signup/", form).status_code == 302
    assert [(sender, what["user"].username) for _, sender, what in told] == [(User, "newcomer")]


def test_nothing_is_told_before_the_commit_and_nothing_that_is_rolled_back(cast):
    with heard() as told:
        with transaction.atomic():
            make_post(cast.author)
            transaction.set_rollback(True)
        with transaction.atomic():
            make_post(cast.author)
            assert told == []
        assert len(told) == 1


def test_fixtures_are_not_told(cast):
    text = serializers.serialize("json", [make_post(cast.author)])
    Post.objects.all().delete()
    with heard() as told:
        for row in serializers.deserialize("json", text):
            row.save()
    assert told == []


def test_a_receiver_that_raises_harms_nobody(cast, caplog):
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    signals.post_published.connect(fail)
    try:
        with heard("post_published") as told:
            answer = signed_in(cast.author).post("/posts/", {"body": "Hello."})
    finally:
        signals.post_published.disconnect(fail)
    assert answer.status_code == 302
    assert len(told) == Post.objects.count() == 1
    assert "on purpose" in caplog.text


async def test_async_receivers_are_awaited_and_async_code_may_cause_them():
    told: list[int] = []

    async def receive(post: Post, **kwargs: Any) -> None:
        found = await Post.objects.aget(pk=post.pk)
        told.append(found.pk)

    signals.post_published.connect(receive)
    try:
        cast = await sync_to_async(make_cast)()
        post = await sync_to_async(make_post)(cast.author)
        assert told == [post.pk]
        answers = await signals.post_published.asend_robust(Post, post=post)
        assert [(receiver, answer) for receiver, answer in answers] == [(receive, None)]
    finally:
        signals.post_published.disconnect(receive)
    assert told == [post.pk, post.pk]


def test_where_nobody_listens_nothing_waits_for_the_commit(cast):
    with transaction.atomic():
        make_post(cast.author)
        hooks = [hook for _, hook, _ in transaction.get_connection().run_on_commit]
        assert not [hook for hook in hooks if getattr(hook, "func", None)]  # nothing but the ring, and counting
