"""`manage.py demo`: a few demo users with posts."""

import re
from datetime import timedelta
from io import StringIO
from typing import ClassVar

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from livefeed.content.sanitize import clean_line, clean_text
from livefeed.demo.texts import LIKES, POSTS, REPLIES, USERS, VOICES
from livefeed.models import Event, Follow, Like, Picture, Poll, Post, Profile, User
from livefeed.models.post import BODY_MAX, TITLE_MAX
from tests.factories import make_user
from tests.models.announced import log
from tests.views.html import Page

LINE = (
    "Demo: sign in as demo with password livefeed-demo (others: mara, jonas, aiko, samir, lucia, priya, tomasz, noor)\n"
)


FOLLOWS = sum(len(user.follows) for user in USERS.values())


def demo(**options) -> str:
    """Runs the command with DEBUG; returns what it printed."""
    printed = StringIO()
    with override_settings(DEBUG=True):
        call_command("demo", stdout=printed, **options)
    return printed.getvalue()


class TestDemo(TestCase):
    """The first run, once for all tests: it takes a second."""

    printed: ClassVar[str]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.printed = demo()

    def test_creates_the_users_with_their_posts_and_prints_how_to_sign_in(self):
        assert self.printed == LINE

        assert dict(User.objects.values_list("username", "name")) == {key: user.name for key, user in USERS.items()}
        assert EmailAddress.objects.filter(verified=True, primary=True, email__endswith="@example.org").count() == 9
        assert Follow.objects.count() == FOLLOWS
        assert Post.objects.count() == len(POSTS) + len(REPLIES)
        assert Like.objects.count() == sum(map(len, LIKES.values()))
        assert Picture.objects.filter(post__pictures_count=1).exclude(description="").count() == 2
        assert [poll.counts for poll in Poll.objects.all()] == [{"votes": 6, "options": [1, 4, 1]}]
        assert Profile.objects.exclude(about="").count() == sum(bool(user.about) for user in USERS.values())

    def test_every_example_of_the_help_for_searches_finds_posts(self):
        examples = [term.text for term in Page(self.client.get("/search/")).all("dt")]
        in_readme = re.findall(r"full-text search \(`(.*)`\)", (settings.BASE_DIR / "README.md").read_text())

        assert in_readme
        for example in examples + in_readme:
            assert Page(self.client.get("/search/", {"q": example})).posts, example

    def test_a_second_run_changes_nothing(self):
        before = Event.objects.count()

        with self.assertNumQueries(1):
            assert demo() == LINE

        assert Event.objects.count() == before
        assert Post.objects.count() == len(POSTS) + len(REPLIES)

    def test_the_events_are_in_order(self):
        kinds = [kind for kind, _, _ in log()]

        until_replies = FOLLOWS + len(POSTS)
        assert kinds[:until_replies] == ["follow.created"] * FOLLOWS + ["post.created"] * len(POSTS)
        assert set(kinds[until_replies:]) == {"post.created", "post.counted"}

    def test_the_counts_of_posts_are_right(self):
        for post in Post.objects.all():
            counts = (post.likes.count(), post.replies.count(), post.pictures.count())
            assert (post.likes_count, post.replies_count, post.pictures_count) == counts

    def test_the_counts_of_users_are_right(self):
        call_command("recount", check=True)

    def test_the_posts_are_from_the_past_three_days(self):
        moments = list(Post.objects.top_level().order_by("pk").values_list("created_at", flat=True))

        assert moments == sorted(moments)
        assert timezone.now() - moments[0] < timedelta(days=3)
        assert timedelta() < timezone.now() - moments[-1] < timedelta(minutes=10)

    def test_demo_can_sign_in_and_open_the_admin(self):
        self.client.post("/accounts/login/", {"login": "demo", "password": "livefeed-demo"})

        assert self.client.get("/admin/").status_code == 200
        assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db
def test_other_users_with_such_names_are_unchanged():
    make_user("Mara")

    assert demo(busy=True, acts=3, pause=0) == "Demo: nothing made, since these names are taken: mara\n"

    assert User.objects.count() == 1
    assert not Post.objects.exists()


@pytest.mark.django_db
def test_it_needs_debug_or_force():
    with pytest.raises(CommandError, match="--force"):
        call_command("demo")

    assert not User.objects.exists()
    printed = StringIO()
    call_command("demo", force=True, stdout=printed)
    assert printed.getvalue() == LINE


class TestTexts:
    def test_are_as_the_composer_would_save_them(self):
        for post in POSTS:
            assert (post.title, post.body) == (clean_line(post.title), clean_text(post.body))
            assert len(post.title) <= TITLE_MAX
            assert 0 < len(post.body) <= BODY_MAX

    def test_are_unique_and_calm(self):
        texts = [text for voice in VOICES.values() for text in voice.openings + voice.sequels]
        texts += [post.body for post in POSTS] + [reply.body for reply in REPLIES]

        assert len(set(texts)) == len(texts)
        assert not [text for text in texts if "!" in text or "¡" in text]

    def test_are_ordered_by_time(self):
        ages = [post.hours_ago for post in POSTS]

        assert ages == sorted(ages, reverse=True)

    def test_every_user_posts_and_follows_only_existing_users(self):
        assert {post.author for post in POSTS} == set(USERS)
        assert all(user.follows for user in USERS.values())
        for username, user in USERS.items():
            assert set(user.follows) <= set(USERS) - {username}
