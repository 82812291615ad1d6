"""`manage.py demo --busy`."""

import logging
import os
import signal
import subprocess
import sys
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import OperationalError

from livefeed.demo import busy as module
from livefeed.demo.busy import FIRST_KEY, KEPT, LAST_KEY, Busy, keep_busy
from livefeed.demo.people import move_in
from livefeed.demo.posts import POSTS
from livefeed.demo.talk import ANSWERS
from livefeed.demo.voices import VOICES
from livefeed.models import Event, Post, User
from tests.conftest import database_url
from tests.factories import make_post
from tests.models.announced import log
from tests.stack.servers import ROOT, wait_until


@pytest.fixture
def people(db) -> None:
    move_in()
    Event.objects.all().delete()


class Draws(Random):
    """The first draw is given, the others are random."""

    def __init__(self, first: float) -> None:
        super().__init__()
        self._given = [first]

    def random(self) -> float:
        return self._given.pop() if self._given else super().random()


POST, EDIT, LIKE, DELETE = 0.5, 0.1, 0.2, 0.95


def act(draw: float, times: int = 1) -> None:
    for _ in range(times):
        Busy(Draws(draw)).act()


def busy_posts():
    return Post.objects.filter(key__range=(FIRST_KEY, LAST_KEY))


def kinds() -> list[str]:
    return [kind for kind, _, _ in log()]


@pytest.mark.usefixtures("people")
class TestActs:
    def test_a_post_an_edit_and_a_deletion_each_make_their_event(self):
        for draw in (POST, EDIT, DELETE):
            act(draw)

        assert kinds() == [Event.Kind.POST_CREATED, Event.Kind.POST_UPDATED, Event.Kind.POST_DELETED]
        assert not busy_posts().exists()

    def test_a_like_is_counted(self):
        act(POST)
        act(LIKE)

        assert kinds() == [Event.Kind.POST_CREATED, Event.Kind.POST_COUNTED]
        assert busy_posts().get().likes_count == 1

    def test_many_are_mostly_posts_and_leave_as_many_as_they_say(self):
        busy = Busy(Random(7))
        for _ in range(60):
            busy.act()

        counts = {kind: kinds().count(kind) for kind in set(kinds())}
        assert set(counts) == {"post.created", "post.updated", "post.counted", "post.deleted"}
        assert counts["post.created"] > 60 / 2
        assert busy_posts().count() == counts[Event.Kind.POST_CREATED] - counts[Event.Kind.POST_DELETED]

    def test_older_ones_go_when_there_are_enough(self, monkeypatch):
        monkeypatch.setattr(module, "KEPT", 5)
        act(POST, times=9)

        created = Event.objects.filter(kind=Event.Kind.POST_CREATED).order_by("pk")
        newest = list(created.values_list("subject_id", flat=True))[-5:]
        assert list(busy_posts().order_by("pk").values_list("pk", flat=True)) == newest

    def test_no_two_posts_begin_alike(self):
        act(POST, times=KEPT + 5)

        openings = [opening for voice in VOICES.values() for opening in voice.openings]
        begun = [opening for post in busy_posts() for opening in openings if post.body.startswith(opening)]
        assert len(set(begun)) == len(begun) == KEPT

    def test_what_others_wrote_stays_as_it_is(self):
        mine = make_post(User.objects.get(username="mara"), "Mine.")
        for draw in (POST, DELETE, DELETE, EDIT, EDIT, EDIT):
            act(draw)

        assert Post.objects.filter(pk=mine.pk, version=1).exists()
        assert Post.objects.exclude(pk__in=busy_posts().values("pk")).count() == len(POSTS) + len(ANSWERS) + 1

    def test_a_post_changed_meanwhile_is_left_alone(self, monkeypatch):
        act(POST)
        edit = Post.edit

        def edit_too_late(post: Post, **text) -> None:
            Post.objects.get(pk=post.pk).save()
            edit(post, **text)

        monkeypatch.setattr(Post, "edit", edit_too_late)
        act(EDIT)

        assert busy_posts().get().version == 2

    def test_the_reader_is_left_in_peace(self):
        act(POST, times=20)

        assert not busy_posts().filter(author__username="demo").exists()


def test_nothing_is_posted_in_the_name_of_others(db):
    User.objects.create(username="mara", email="mara@example.com")

    act(POST)

    assert not Post.objects.exists()


@pytest.mark.django_db
class TestCommand:
    def test_lets_the_people_move_in_first_and_stops_after_so_many_acts(self, settings):
        settings.DEBUG = True
        printed = StringIO()

        call_command("demo", busy=True, acts=1, pause=0, stdout=printed)

        assert printed.getvalue().startswith("Demo: sign in as demo")
        assert kinds().count(Event.Kind.POST_CREATED) == len(POSTS) + len(ANSWERS) + 1

    def test_says_nothing_when_the_people_are_there(self, settings, people):
        settings.DEBUG = True
        printed = StringIO()

        call_command("demo", busy=True, acts=1, pause=0, stdout=printed)

        assert printed.getvalue() == ""
        assert kinds() == [Event.Kind.POST_CREATED]


class Stubborn(Busy):
    """Finds the database away `failures` times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures, self.acts = failures, 0

    def act(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OperationalError("database is locked")
        self.acts += 1


def test_says_once_that_the_database_is_away_and_tries_again(monkeypatch, caplog):
    rests: list[float] = []
    monkeypatch.setattr(module, "_rest", rests.append)
    busy = Stubborn(failures=3)

    with caplog.at_level(logging.WARNING):
        keep_busy(busy, acts=2, pause=0)

    assert busy.acts == 2
    assert caplog.messages == ["The database does not answer, trying again: database is locked"]
    assert rests == [module.RETRY] * 3 + [0, 0]


def test_rests_two_to_five_seconds(monkeypatch):
    rests: list[float] = []
    monkeypatch.setattr(module, "_rest", rests.append)

    keep_busy(Stubborn(failures=0), acts=50)

    assert 2 <= min(rests) < max(rests) <= 5


class Interrupted(Busy):
    """Is sent the signal `stop` while it acts."""

    def __init__(self, stop: signal.Signals) -> None:
        super().__init__()
        self._stop = stop

    def act(self) -> None:
        os.kill(os.getpid(), self._stop)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(stop):
    before = signal.getsignal(stop)

    keep_busy(Interrupted(stop), pause=30)

    assert signal.getsignal(stop) == before


def test_a_process_of_its_own_posts_and_exits_with_0(transactional_db):
    move_in()
    environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "1"}
    command = [sys.executable, "manage.py", "demo", "--busy", "--pause", "0.1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            wait_until(lambda: busy_posts().count() > 0, "a busy post")
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)

    assert (process.returncode, output) == (0, b"")
