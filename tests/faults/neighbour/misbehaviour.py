"""Fails in the ways that a neighbour can fail, where a post's text asks for it, and shakes every ring."""

import random
from threading import Timer

from django.db import transaction
from django.db.models.signals import post_save, pre_save

from livefeed.live import publishing
from livefeed.models import Post

IN_THE_SAVE = "the neighbour's receiver raises"
BEFORE_THE_RING = "the neighbour's hook raises before the ring"
AFTER_THE_RING = "the neighbour's hook raises after the ring"
LATEST = 0.5
"""Seconds by which a ring may be late."""


def connect() -> None:
    """Connects the receivers, after livefeed's, and takes hold of the rings."""
    pre_save.connect(before_the_save, sender=Post)
    post_save.connect(after_the_save, sender=Post)
    ring = publishing.wake_up
    publishing.wake_up = lambda: shaken(ring)


def before_the_save(instance: Post, **kwargs: object) -> None:
    if BEFORE_THE_RING in instance.body:
        transaction.on_commit(fail)


def after_the_save(instance: Post, **kwargs: object) -> None:
    if IN_THE_SAVE in instance.body:
        fail()
    if AFTER_THE_RING in instance.body:
        transaction.on_commit(fail)


def fail() -> None:
    raise RuntimeError("on purpose")


def shaken(ring: publishing.WakeupListener) -> None:
    """Rings twice, each time late by chance: doubled, and in another order than the posts."""
    for _ in range(2):
        timer = Timer(random.uniform(0, LATEST), ring)
        timer.daemon = True
        timer.start()
