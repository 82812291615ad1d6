"""Public signals: when each is sent, with which arguments, and to receivers that raise or are async."""

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
def record_signals(*names: str) -> Iterator[list[tuple[str, Any, dict[str, Any]]]]:
    """Records name, sender and arguments of each signal sent during the block. Without `names` records all signals."""
    sent: list[tuple[str, Any, dict[str, Any]]] = []
    receivers = []
    for name in names or registry.own_signals():

        def receive(sender: Any, signal: Signal, name: str = name, **kwargs: Any) -> None:
            sent.append((name, sender, kwargs))

        receivers.append((getattr(signals, name), receive))
        getattr(signals, name).connect(receive, weak=False)
    try:
        yield sent
    finally:
        for signal, receiver in receivers:
            signal.disconnect(receiver)


def test_each_change_of_a_post_sends_its_signal(cast):
    with record_signals() as sent:
        post = make_post(cast.author)
        post.edit(title="", body="Edited.", seen_version=1)
        post.remove()
        post.restore()
        post_id = post.pk
        post.delete()
    assert [(name, sender) for name, sender, _ in sent] == [
        (name, Post) for name in ("post_published", "post_edited", "post_removed", "post_restored", "post_removed")
    ]
    assert {kwargs["post_id"] for name, _, kwargs in sent if name == "post_removed"} == {post_id}


def test_deleting_a_removed_post_sends_no_second_signal(cast):
    post = make_post(cast.author)
    post.remove()
    with record_signals() as sent:
        post.delete()
    assert sent == []


def test_likes_and_follows_send_one_signal_each(cast):
    post = make_post(cast.author)
    like = {"user_id": cast.stranger.pk, "post_id": post.pk}
    follow = {"follower_id": cast.stranger.pk, "followed_id": cast.author.pk}
    with record_signals() as sent:
        for _ in range(2):
            Like.objects.add(cast.stranger, post)
            cast.stranger.follow(cast.author)
        for _ in range(2):
            Like.objects.remove(cast.stranger, post)
            cast.stranger.unfollow(cast.author)
    assert [(name, kwargs) for name, _, kwargs in sent] == [
        ("post_liked", like),
        ("user_followed", follow),
        ("post_unliked", like),
        ("user_unfollowed", follow),
    ]


def test_only_a_sign_up_sends_user_registered(client):
    with record_signals("user_registered") as sent:
        User.objects.create(username="made_by_hand")
        form = {"username": "newcomer", "email": "new@example.org", "password1": "correct horse battery"}
        assert client.post("/accounts/signup/", form).status_code == 302
    assert [(sender, kwargs["user"].username) for _, sender, kwargs in sent] == [(User, "newcomer")]


def test_signals_are_sent_after_the_commit_and_never_after_a_rollback(cast):
    with record_signals() as sent:
        with transaction.atomic():
            make_post(cast.author)
            transaction.set_rollback(True)
        with transaction.atomic():
            make_post(cast.author)
            assert sent == []
        assert len(sent) == 1


def test_rows_from_fixtures_send_no_signal(cast):
    text = serializers.serialize("json", [make_post(cast.author)])
    Post.objects.all().delete()
    with record_signals() as sent:
        for row in serializers.deserialize("json", text):
            row.save()
    assert sent == []


def test_a_receiver_that_raises_affects_neither_the_request_nor_other_receivers(cast, caplog):
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("on purpose")

    signals.post_published.connect(fail)
    try:
        with record_signals("post_published") as sent:
            answer = signed_in(cast.author).post("/posts/", {"body": "Hello."})
    finally:
        signals.post_published.disconnect(fail)
    assert answer.status_code == 302
    assert len(sent) == Post.objects.count() == 1
    assert "on purpose" in caplog.text


async def test_async_receivers_are_awaited_and_async_code_can_send():
    sent: list[int] = []

    async def receive(post: Post, **kwargs: Any) -> None:
        found = await Post.objects.aget(pk=post.pk)
        sent.append(found.pk)

    signals.post_published.connect(receive)
    try:
        cast = await sync_to_async(make_cast)()
        post = await sync_to_async(make_post)(cast.author)
        assert sent == [post.pk]
        answers = await signals.post_published.asend_robust(Post, post=post)
        assert [(receiver, answer) for receiver, answer in answers] == [(receive, None)]
    finally:
        signals.post_published.disconnect(receive)
    assert sent == [post.pk, post.pk]


def test_a_signal_without_receivers_registers_no_on_commit_hook(cast):
    with transaction.atomic():
        make_post(cast.author)
        hooks = [hook for _, hook, _ in transaction.get_connection().run_on_commit]
        assert not [hook for hook in hooks if getattr(hook, "func", None)]  # only the wake-up and the counters
