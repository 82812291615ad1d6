"""`manage.py seed`: many users, follows and posts."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db.models import Count, F
from django.test import Client

from livefeed.content.markup import references_in
from livefeed.demo.texts import SENTENCES
from livefeed.models import Event, Follow, Like, Post, Profile, Tagging, User
from tests.factories import make_user

PASSWORD = "plain to see"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _debug(settings):
    settings.DEBUG = True


def seed(users: int = 12, follows: int = 4, posts: int = 30, **options) -> None:
    call_command("seed", users=users, follows=follows, posts=posts, password=PASSWORD, verbosity=0, **options)


def test_creates_as_many_users_and_posts_as_requested():
    seed()

    assert set(User.objects.values_list("username", flat=True)) == {f"user{number}" for number in range(1, 13)}
    assert EmailAddress.objects.filter(verified=True, primary=True, user__email=F("email")).count() == 12
    assert Post.objects.count() == 30


def test_every_user_follows_as_many_others_as_requested():
    seed(users=12, follows=11)

    counts = User.objects.annotate(others=Count("following__followed", distinct=True)).values_list("others", flat=True)
    assert list(counts) == [11] * 12
    assert not Follow.objects.filter(follower=F("followed")).exists()


def test_the_users_can_sign_in():
    seed()
    client = Client()

    answer = client.post("/accounts/login/", {"login": "user7", "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(User.objects.with_username("user7").get().pk)


def test_posts_have_sentences_and_are_ordered_by_time():
    seed(posts=60)
    posts = list(Post.objects.order_by("pk"))

    assert all(5 <= len(post.body.split()) <= 60 for post in posts)
    assert any(post.title for post in posts)
    moments = [post.created_at for post in posts]
    assert moments == sorted(set(moments))
    assert 350 < (moments[-1] - moments[0]).days < 365
    assert not Post.objects.filter(created_at__lt=F("author__date_joined")).exists()


def test_no_combination_of_sentences_exceeds_sixty_words():
    lengths = sorted(len(sentence.split()) for sentence in SENTENCES)

    assert lengths[0] >= 5
    assert sum(lengths[-4:]) <= 60


def test_few_users_write_most_posts():
    seed(users=50, posts=500)
    counts = User.objects.annotate(count=Count("posts")).order_by("-count").values_list("count", flat=True)

    assert sum(counts[:10]) > 500 * 0.35


@pytest.fixture
def conversation(monkeypatch) -> None:
    """600 posts in small batches, so that many reply to each other."""
    monkeypatch.setattr("livefeed.demo.conversation.BATCH_SIZE", 20)
    seed(posts=600)


def test_tags_are_in_the_text_and_in_their_index(conversation):
    posts = Post.objects.exclude(tags="")

    assert posts.count() > 10
    for post in posts:
        assert set(references_in(post.body).tags) == set(post.tags.split())
    tagged = {(post.pk, tag, post.created_at) for post in posts for tag in post.tags.split()}
    assert set(Tagging.objects.values_list("post", "tag", "created_at")) == tagged


def test_few_tags_are_used_most(conversation):
    counts = (
        Tagging.objects.values("tag").annotate(count=Count("pk")).order_by("-count").values_list("count", flat=True)
    )

    assert counts[0] > sum(counts) / 4


def test_replies_have_their_parents_and_are_counted(conversation):
    replies = list(Post.objects.exclude(parent=None).select_related("parent"))

    assert len(replies) > 5
    for reply in replies:
        assert reply.parent_author_id == reply.parent.author_id
        assert reply.ancestor_ids == [*reply.parent.ancestor_ids, reply.parent.pk]
        assert reply.created_at > reply.parent.created_at
    counted = Post.objects.annotate(count=Count("replies"))
    assert not counted.exclude(replies_count=F("count")).exists()


def test_likes_are_counted(conversation):
    assert Like.objects.count() > 10
    assert not Post.objects.annotate(count=Count("likes")).exclude(likes_count=F("count")).exists()


def test_a_second_run_keeps_users_and_adds_missing_ones():
    kept = make_user("User3")
    seed(users=8, follows=3, posts=10)
    follows = set(Follow.objects.values_list("follower", "followed"))

    seed(users=12, follows=5, posts=7)

    assert User.objects.count() == 12
    assert User.objects.with_username("user3").get() == kept
    assert Post.objects.count() == 17
    assert follows <= set(Follow.objects.values_list("follower", "followed"))
    assert Follow.objects.count() == 12 * 5


def test_users_who_follow_more_already_are_unchanged():
    seed(users=8, follows=5, posts=0)
    seed(users=8, follows=2, posts=0)

    assert Follow.objects.count() == 8 * 5


@pytest.mark.parametrize("posts", [0, 1, 30])
@pytest.mark.parametrize("batch", [7, 10, 2_000])
def test_one_event_makes_all_pages_reload(posts, batch, monkeypatch):
    monkeypatch.setattr("livefeed.demo.bulk.BATCH", batch)

    seed(posts=posts)

    assert list(Event.objects.values_list("kind", flat=True)) == ["feed.reset"]
    assert Post.objects.count() == posts


def test_refuses_without_debug(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--force"):
        seed()

    assert not User.objects.exists()


def test_force_runs_without_debug(settings):
    settings.DEBUG = False

    seed(force=True)

    assert User.objects.count() == 12
    assert settings.DEBUG is False


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"users": 4, "follows": 4}, "No user can follow 4 others among 4"),
        ({"users": 0}, "one user"),
        ({"posts": -1}, "no"),
    ],
)
def test_impossible_amounts_are_refused(wrong, message):
    with pytest.raises(CommandError, match=message):
        seed(**wrong)

    assert not User.objects.exists()


def test_quiet_mode_shows_no_progress_bar(capfd):
    seed()

    assert capfd.readouterr() == ("", "")


def test_progress_bars_are_written_to_stderr(capfd):
    call_command("seed", users=3, follows=1, posts=2)

    written = capfd.readouterr()
    assert written.out == ""
    assert all(word in written.err for word in ("users", "follows", "posts", "100%"))


def test_every_count_is_right_also_for_profiles_created_between_two_runs():
    seed()
    for user in User.objects.all():
        Profile.objects.for_user(user)
    seed(users=14, follows=6)
    call_command("recount", check=True)
