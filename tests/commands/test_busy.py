"""`manage.py demo --busy`: activity of the demo users."""

import logging
import os
import signal
import subprocess
import sys
from io import StringIO
from random import Random
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import TestCase, override_settings

from livefeed.demo import activity as module
from livefeed.demo.activity import FIRST_KEY, LAST_KEY, MAX_GENERATED_POSTS, Activity, run_activity
from livefeed.demo.texts import POSTS, REPLIES, VOICES
from livefeed.demo.users import create_demo
from livefeed.models import Event, Post, User
from tests.conftest import database_url
from tests.factories import make_post
from tests.models.announced import log
from tests.stack.servers import ROOT, wait_until


class Draws(Random):
    """Returns a given first draw; the others are random."""

    def __init__(self, first: float) -> None:
        super().__init__()
        self._given = [first]

    def random(self) -> float:
        return self._given.pop() if self._given else super().random()


POST = 0.5
EDIT = 0.1
LIKE = 0.2
DELETE = 0.95


def act(draw: float, times: int = 1) -> None:
    for _ in range(times):
        Activity(Draws(draw)).act()


def generated_posts():
    return Post.objects.filter(key__range=(FIRST_KEY, LAST_KEY))


def kinds() -> list[str]:
    return [kind for kind, _, _ in log()]


def run_command() -> str:
    """Performs one act by the command, with DEBUG; returns what was printed."""
    printed = StringIO()
    with override_settings(DEBUG=True):
        call_command("demo", busy=True, acts=1, pause=0, stdout=printed)
    return printed.getvalue()


class TestActivity(TestCase):
    """Acts of the demo users, who are created once for all tests: it takes a second."""

    @classmethod
    def setUpTestData(cls) -> None:
        create_demo()
        Event.objects.all().delete()

    def test_a_post_an_edit_and_a_deletion_each_publish_an_event(self):
        for draw in (POST, EDIT, DELETE):
            act(draw)

        assert kinds() == ["post.created", "post.updated", "post.deleted"]
        assert not generated_posts().exists()

    def test_a_like_is_counted(self):
        act(POST)
        act(LIKE)

        assert kinds() == ["post.created", "post.counted"]
        assert generated_posts().get().likes_count == 1

    def test_most_acts_are_posts_and_every_act_has_its_event(self):
        activity = Activity(Random(7))
        for _ in range(60):
            activity.act()

        counts = {kind: kinds().count(kind) for kind in set(kinds())}
        assert set(counts) == {"post.created", "post.updated", "post.counted", "post.deleted"}
        assert counts["post.created"] > 60 / 2
        assert generated_posts().count() == counts["post.created"] - counts["post.deleted"]

    def test_the_oldest_posts_beyond_the_maximum_are_deleted(self):
        with patch.object(module, "MAX_GENERATED_POSTS", 5):
            act(POST, times=9)

        created = Event.objects.filter(kind="post.created").order_by("pk")
        newest = list(created.values_list("subject_id", flat=True))[-5:]
        assert list(generated_posts().order_by("pk").values_list("pk", flat=True)) == newest

    def test_no_two_posts_have_the_same_opening(self):
        act(POST, times=MAX_GENERATED_POSTS + 5)

        openings = [opening for voice in VOICES.values() for opening in voice.openings]
        used = [opening for post in generated_posts() for opening in openings if post.body.startswith(opening)]
        assert len(set(used)) == len(used) == MAX_GENERATED_POSTS

    def test_other_posts_are_unchanged(self):
        other = make_post(User.objects.get(username="mara"), "Mine.")
        for draw in (POST, DELETE, DELETE, EDIT, EDIT, EDIT):
            act(draw)

        assert Post.objects.filter(pk=other.pk, version=1).exists()
        others = Post.objects.exclude(pk__in=generated_posts().values("pk"))
        assert others.count() == len(POSTS) + len(REPLIES) + 1

    def test_a_post_that_changes_concurrently_is_not_edited(self):
        act(POST)
        edit = Post.edit

        def edit_too_late(post: Post, **text) -> None:
            Post.objects.get(pk=post.pk).save()
            edit(post, **text)

        with patch.object(Post, "edit", edit_too_late):
            act(EDIT)

        assert generated_posts().get().version == 2

    def test_the_reader_posts_nothing(self):
        act(POST, times=20)

        assert not generated_posts().filter(author__username="demo").exists()

    def test_the_command_prints_nothing_if_the_users_exist(self):
        assert run_command() == ""
        assert kinds() == ["post.created"]


def test_other_users_of_such_a_name_post_nothing(db):
    User.objects.create(username="mara", email="mara@example.com")

    act(POST)

    assert not Post.objects.exists()


def test_the_command_creates_the_users_first_and_stops_after_its_acts(db):
    assert run_command().startswith("Demo: sign in as demo")
    assert kinds().count("post.created") == len(POSTS) + len(REPLIES) + 1


class FailingActivity(Activity):
    """Fails `failures` times as if the database was locked."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.acts = 0

    def act(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OperationalError("database is locked")
        self.acts += 1


def test_a_database_error_is_logged_once_and_retried(monkeypatch, caplog):
    pauses: list[float] = []
    monkeypatch.setattr(module, "_sleep", pauses.append)
    activity = FailingActivity(failures=3)

    with caplog.at_level(logging.WARNING):
        run_activity(activity, acts=2, pause=0)

    assert activity.acts == 2
    assert caplog.messages == ["The database does not answer, trying again: database is locked"]
    assert pauses == [module.RETRY_INTERVAL] * 3 + [0, 0]


def test_pauses_last_two_to_five_seconds(monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(module, "_sleep", pauses.append)

    run_activity(FailingActivity(failures=0), acts=50)

    assert 2 <= min(pauses) < max(pauses) <= 5


class InterruptedActivity(Activity):
    """Receives the signal `stop` during its act."""

    def __init__(self, stop: signal.Signals) -> None:
        super().__init__()
        self._stop = stop

    def act(self) -> None:
        os.kill(os.getpid(), self._stop)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_an_error(stop):
    before = signal.getsignal(stop)

    run_activity(InterruptedActivity(stop), pause=30)

    assert signal.getsignal(stop) == before


def test_a_separate_process_posts_and_exits_with_0(transactional_db):
    create_demo()
    environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "1"}
    command = [sys.executable, "manage.py", "demo", "--busy", "--pause", "0.1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            wait_until(lambda: generated_posts().count() > 0, "a generated post")
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)

    assert (process.returncode, output) == (0, b"")
