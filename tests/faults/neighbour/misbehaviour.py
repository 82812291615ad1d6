"""Raises where another app could raise, if a post's text asks for it, and disturbs every wake-up."""

import random
from threading import Timer

from django.db import transaction
from django.db.models.signals import post_save, pre_save

from livefeed.live import publishing
from livefeed.models import Post

IN_THE_SAVE = "the neighbour's receiver raises"
BEFORE_THE_WAKE_UP = "the neighbour's hook raises before the wake-up"
AFTER_THE_WAKE_UP = "the neighbour's hook raises after the wake-up"
MAX_DELAY = 0.5
"""Seconds by which a wake-up may be late."""


def connect() -> None:
    """Connects the receivers, after livefeed's, and replaces the wake-up."""
    pre_save.connect(before_the_save, sender=Post)
    post_save.connect(after_the_save, sender=Post)
    wake_up = publishing.wake_up
    publishing.wake_up = lambda: wake_up_twice_late(wake_up)


def before_the_save(instance: Post, **kwargs: object) -> None:
    if BEFORE_THE_WAKE_UP in instance.body:
        transaction.on_commit(fail)


def after_the_save(instance: Post, **kwargs: object) -> None:
    if IN_THE_SAVE in instance.body:
        fail()
    if AFTER_THE_WAKE_UP in instance.body:
        transaction.on_commit(fail)


def fail() -> None:
    raise RuntimeError("on purpose")


def wake_up_twice_late(wake_up: publishing.WakeupListener) -> None:
    """Calls `wake_up` twice, each after a random delay: doubled, and in another order than the posts."""
    for _ in range(2):
        timer = Timer(random.uniform(0, MAX_DELAY), wake_up)
        timer.daemon = True
        timer.start()
