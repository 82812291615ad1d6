"""`manage.py demo`."""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from livefeed.content.sanitize import clean_line, clean_text
from livefeed.demo.people import FOLLOWS, NAMES
from livefeed.demo.posts import POSTS
from livefeed.demo.talk import ABOUT, ANSWERS, LIKES
from livefeed.demo.voices import VOICES
from livefeed.models import Event, Follow, Like, Picture, Post, Profile, User
from livefeed.models.post import BODY_MAX, TITLE_MAX
from tests.factories import make_user
from tests.models.announced import log

LINE = (
    "Demo: sign in as demo with password livefeed-demo (others: mara, jonas, aiko, samir, lucia, priya, tomasz, noor)\n"
)


@pytest.fixture(autouse=True)
def _debug(settings):
    settings.DEBUG = True


def demo(**options) -> str:
    """Runs the command; returns what it printed."""
    printed = StringIO()
    call_command("demo", stdout=printed, **options)
    return printed.getvalue()


@pytest.mark.django_db
class TestMovingIn:
    def test_makes_the_people_and_their_posts_and_says_how_to_sign_in(self):
        assert demo() == LINE

        assert dict(User.objects.values_list("username", "name")) == NAMES
        assert EmailAddress.objects.filter(verified=True, primary=True, email__endswith="@example.org").count() == 9
        assert Follow.objects.count() == sum(map(len, FOLLOWS.values()))
        assert Post.objects.count() == len(POSTS) + len(ANSWERS)
        assert Like.objects.count() == sum(map(len, LIKES.values()))
        assert Picture.objects.filter(post__pictures_count=1).exclude(description="").count() == 2
        assert Profile.objects.exclude(about="").count() == len(ABOUT)

    def test_happens_once(self, django_assert_num_queries):
        demo()
        before = Event.objects.count()

        with django_assert_num_queries(1):
            assert demo() == LINE

        assert Event.objects.count() == before
        assert Post.objects.count() == len(POSTS) + len(ANSWERS)

    def test_the_log_tells_it_in_order(self):
        demo()
        kinds = [kind for kind, _, _ in log()]

        follows = sum(map(len, FOLLOWS.values()))
        assert kinds[: follows + len(POSTS)] == ["follow.created"] * follows + ["post.created"] * len(POSTS)
        assert set(kinds[follows + len(POSTS) :]) == {"post.created", "post.counted"}

    def test_what_is_kept_of_posts_agrees_with_what_there_is(self):
        demo()
        for post in Post.objects.all():
            counts = (post.likes.count(), post.replies.count(), post.pictures.count())
            assert (post.likes_count, post.replies_count, post.pictures_count) == counts

    def test_every_count_of_people_is_right(self):
        demo()
        call_command("recount", check=True)

    def test_the_posts_are_of_the_past_three_days_up_to_minutes_ago(self):
        demo()
        moments = list(Post.objects.top_level().order_by("pk").values_list("created_at", flat=True))

        assert moments == sorted(moments)
        assert timezone.now() - moments[0] < timedelta(days=3)
        assert timedelta() < timezone.now() - moments[-1] < timedelta(minutes=10)

    def test_demo_can_sign_in_and_open_the_administration(self):
        demo()
        client = Client()
        client.post("/accounts/login/", {"login": "demo", "password": "livefeed-demo"})

        assert client.get("/admin/").status_code == 200
        assert User.objects.filter(is_superuser=True).count() == 1

    def test_others_with_such_names_are_left_alone(self):
        make_user("Mara")

        assert demo(busy=True, acts=3, pause=0) == "Demo: nothing made, since these names are taken: mara\n"

        assert User.objects.count() == 1
        assert not Post.objects.exists()

    def test_refuses_without_debug(self, settings):
        settings.DEBUG = False

        with pytest.raises(CommandError, match="--force"):
            demo()

        assert not User.objects.exists()
        assert demo(force=True) == LINE


class TestTexts:
    def test_are_as_the_composer_would_leave_them(self):
        for post in POSTS:
            assert (post.title, post.body) == (clean_line(post.title), clean_text(post.body))
            assert len(post.title) <= TITLE_MAX
            assert 0 < len(post.body) <= BODY_MAX

    def test_are_all_different_and_calm(self):
        said = [text for voice in VOICES.values() for text in voice.openings + voice.sequels]
        said += [post.body for post in POSTS] + [answer.body for answer in ANSWERS]

        assert len(set(said)) == len(said)
        assert not [text for text in said if "!" in text or "¡" in text]

    def test_stand_in_the_order_of_time(self):
        ages = [post.hours_ago for post in POSTS]

        assert ages == sorted(ages, reverse=True)

    def test_everybody_speaks_and_follows_only_people_who_are_there(self):
        assert {post.author for post in POSTS} == set(NAMES)
        assert set(FOLLOWS) == set(NAMES)
        assert all(name in NAMES and name != follower for follower, names in FOLLOWS.items() for name in names)
