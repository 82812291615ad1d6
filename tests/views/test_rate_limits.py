"""Rate limits of what users do: the table, and requests beyond a limit."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import checks
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.views.generic import RedirectView

from livefeed.limits import counters
from livefeed.limits.table import ACTIONS, LIMITS, Rate, limits
from livefeed.models import Follow, Like, Post
from tests.factories import make_user, signed_in
from tests.views.html import Page
from tests.views.htmx import INTO_NOTICES, htmx, swap_of

pytestmark = pytest.mark.django_db
WRITING_METHODS = ("post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def _limited(settings) -> Iterator[None]:
    """Turns the limits on, with empty counters."""
    settings.LIVEFEED_RATE_LIMITS = ""
    counters.prune(time.time() + 1e9)
    yield
    counters.prune(time.time() + 1e9)


# --- The table ---


ALLAUTH = ("account_", "mfa_", "socialaccount_", "openid_")
"""Beginnings of the names of URLs that have limits of their own (ACCOUNT_RATE_LIMITS)."""


def own_urls(resolver: URLResolver) -> Iterator[URLPattern]:
    """Yields the site's own URLs. The admin is for staff only."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern) and not (pattern.name or "").startswith(ALLAUTH):
            yield pattern


def test_every_url_that_writes_has_a_row():
    written = set()
    for pattern in own_urls(get_resolver()):
        view = getattr(pattern.callback, "view_class", None)
        if view is RedirectView:
            continue
        written |= {f"{method.upper()} {pattern.name}" for method in WRITING_METHODS if hasattr(view, method)}

    assert "POST posts" in written
    assert {row for row in written if not row.startswith("PUT settings_")} - ACTIONS.keys() == set()


def test_every_row_names_a_url_and_an_action():
    names = {pattern.name for pattern in own_urls(get_resolver())}

    assert {row.split()[1] for row in ACTIONS} - names - {"account_logout", "account_change_password"} == set()
    assert set(ACTIONS.values()) - {None} == LIMITS.keys()


def test_the_documentation_has_a_row_for_every_action():
    text = (settings.BASE_DIR / "docs/self-hosting.md").read_text()

    assert [action for action in LIMITS if f"`{action}`" not in text] == []


@pytest.mark.parametrize(
    ("text", "rate"), [("30/10m", (30, 600)), ("5/h", (5, 3_600)), (" 1/2d ", (1, 172_800)), ("7/s", (7, 1))]
)
def test_a_rate_is_written_as_a_number_and_a_period(text, rate):
    assert Rate.parse(text) == Rate(*rate)


@pytest.mark.parametrize("text", ["", "5", "0/m", "-1/m", "5/0m", "5/m/x", "five/m", "5/w", "1.5/m"])
def test_anything_else_is_no_rate(text):
    with pytest.raises(ValueError, match=r"rate|period"):
        Rate.parse(text)


def test_the_setting_changes_single_limits():
    changed = limits("post=60/h, edit=5/m:9/m ,like=off")

    assert (changed["post"].new, changed["post"].established) == (Rate(60, 3_600), Rate(60, 3_600))
    assert (changed["edit"].new, changed["edit"].established) == (Rate(5, 60), Rate(9, 60))
    assert "like" not in changed
    assert changed["follow"] == LIMITS["follow"]
    assert limits("off") == {}


@pytest.mark.parametrize("wrong", ["post=many", "posts=60/h", "post", "post=60/h:x"])
def test_a_wrong_setting_is_reported_by_the_check(settings, wrong):
    settings.LIVEFEED_RATE_LIMITS = wrong

    (error,) = [error for error in checks.run_checks() if error.id == "livefeed.E006"]
    assert wrong in error.msg


# --- Counting ---


def moves(monkeypatch, seconds: float) -> None:
    """Moves the clock of the counters."""
    now = time.time() + seconds
    monkeypatch.setattr("livefeed.limits.counters.time.time", lambda: now)


def test_a_limit_allows_its_number_at_once_and_then_one_per_interval(monkeypatch):
    rate = Rate(3, 60)
    moves(monkeypatch, 0)
    assert [counters.count("key", rate) for _ in range(3)] == [0, 0, 0]
    assert counters.count("key", rate) == pytest.approx(20, abs=0.01)
    assert counters.count("another", rate) == 0
    moves(monkeypatch, 21)
    assert counters.count("key", rate) == 0
    assert counters.count("key", rate) == pytest.approx(19, abs=0.1)


def test_a_refusal_does_not_lengthen_the_wait(monkeypatch):
    moves(monkeypatch, 0)
    counters.count("key", Rate(1, 60))
    for _ in range(100):
        counters.count("key", Rate(1, 60))
    moves(monkeypatch, 60.5)
    assert counters.count("key", Rate(1, 60)) == 0


def test_counters_are_shared_by_processes():
    counters.count("key", Rate(1, 60))
    counters._refused_until.clear()  # another process has not refused anything yet

    assert counters.count("key", Rate(1, 60)) > 0


def test_empty_counters_are_deleted_and_others_are_not():
    counters.count("key", Rate(1, 60))
    counters.prune(time.time())
    assert counters.count("key", Rate(1, 60)) > 0
    counters.prune(time.time() + 61)
    assert counters.count("key", Rate(1, 60)) == 0


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite keeps the counters in a file")
def test_without_its_file_nothing_is_limited(monkeypatch, tmp_path):
    monkeypatch.setattr(counters, "_counter_path", lambda: str(tmp_path / "missing" / "file"))
    assert [counters.count("key", Rate(1, 60)) for _ in range(3)] == [0, 0, 0]


# --- Requests beyond a limit ---


@pytest.fixture
def one_of_each(settings) -> None:
    settings.LIVEFEED_RATE_LIMITS = ",".join(f"{action}=1/m" for action in LIMITS)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("post", "/posts/"),
        ("post", "/posts/{}/"),
        ("delete", "/posts/{}/"),
        ("post", "/posts/{}/like/"),
        ("delete", "/posts/{}/like/"),
        ("post", "/posts/{}/bookmark/"),
        ("post", "/@author/follow/"),
        ("delete", "/@author/follow/"),
        ("post", "/@author/bell/"),
        ("post", "/posts/preview/"),
        ("post", "/pictures/"),
        ("get", "/posts/complete/?q=@a"),
        ("get", "/search/?q=tea"),
        ("head", "/search/?q=tea"),
        ("post", "/search/?q=tea"),
        ("post", "/settings/data/"),
        ("get", "/settings/data/export.zip"),
        ("post", "/notifications/read/"),
        ("post", "/settings/profile/"),
        ("put", "/settings/profile/"),
        ("post", "/accounts/email/"),
        ("post", "/admin/livefeed/user/add/"),
    ],
)
def test_the_second_request_is_refused(one_of_each, cast, post, method, address):
    client = signed_in(cast.stranger)
    address = address.format(post.pk)
    first = getattr(client, method)(address)
    answer = getattr(signed_in(cast.stranger), method)(address)  # another session of the same user

    assert first.status_code != 429
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


def test_reading_is_not_limited(one_of_each, follower, post):
    for address in ("/", "/explore/", f"/posts/{post.pk}/", "/@author/", "/notifications/", "/search/"):
        assert [follower.get(address).status_code for _ in range(2)] in ([200, 200], [200, 429])
    assert follower.get("/").status_code == 200


def test_a_form_field_names_the_method_that_counts(settings, follower, post):
    settings.LIVEFEED_RATE_LIMITS = "edit=1/m,delete=1/m"
    answers = [follower.post(f"/posts/{post.pk}/", {"_method": "DELETE"}).status_code for _ in range(2)]
    assert answers == [403, 429]
    assert follower.post(f"/posts/{post.pk}/", {"body": "x"}).status_code != 429


def test_a_refused_post_returns_with_its_text(settings, author):
    settings.LIVEFEED_RATE_LIMITS = "post=1/m"
    author.post("/posts/", {"body": "One."})
    page = Page(author.post("/posts/", {"body": "Two.", "title": "A title"}))
    (error,) = page.errors
    assert error.startswith("You are posting too fast. Try again in ")
    assert error.endswith(" Your text is still here.")
    assert {"body": "Two.", "title": "A title"}.items() <= page.field_values.items()
    assert Post.objects.count() == 1


def test_a_refused_edit_returns_with_its_text(settings, author, post):
    settings.LIVEFEED_RATE_LIMITS = "edit=1/m"
    author.post(f"/posts/{post.pk}/", {"body": "One.", "version": 1})
    page = Page(author.post(f"/posts/{post.pk}/", {"body": "Two.", "version": 2}))
    assert page.errors[0].startswith("You are editing too fast.")
    assert page.field_values["body"] == "Two."
    assert page.one("form", "editor")["action"] == f"/posts/{post.pk}/"


def test_htmx_gets_a_notice_and_keeps_its_form(settings, author):
    settings.LIVEFEED_RATE_LIMITS = "post=1/m"
    author.post("/posts/", {"body": "One."}, headers=htmx())
    answer = author.post("/posts/", {"body": "Two."}, headers=htmx())
    assert swap_of(answer) == INTO_NOTICES
    assert '<p class="notice">You are posting too fast. Try again in ' in answer.content.decode()


def test_other_pages_say_when_to_try_again(settings, follower, post):
    settings.LIVEFEED_RATE_LIMITS = "like=1/10m"
    address = f"/posts/{post.pk}/like/"
    follower.post(address)
    answer = follower.delete(address)
    assert answer.status_code == 429
    assert "You are liking too fast. Try again in 10 minutes." in answer.content.decode()
    assert Page(answer).one("h1").text == "Please wait"
    assert Like.objects.count() == 1


def test_a_program_gets_json(settings, follower, cast):
    settings.LIVEFEED_RATE_LIMITS = "complete=1/m"
    for _ in range(2):
        answer = follower.get("/posts/complete/?q=@a", headers={"Accept": "application/json"})
    assert answer.json()["error"].startswith("You are typing too fast.")
    assert "Accept" in answer["Vary"]


# --- Users, ages and addresses ---


def statuses(client: Client, count: int, address: str = "127.0.0.1") -> list[int]:
    """Searches `count` times from a network address; returns the statuses."""
    return [client.get("/search/", REMOTE_ADDR=address).status_code for _ in range(count)]


def test_established_accounts_may_do_more(settings, cast, client):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m:2/m"
    long_ago = timezone.now() - timedelta(days=8)
    old = make_user("old", date_joined=long_ago)
    not_activated = make_user("waiting", date_joined=long_ago, activated_at=None)
    assert statuses(signed_in(cast.author), 2) == [200, 429]
    assert statuses(signed_in(not_activated), 2) == [200, 429]
    assert statuses(signed_in(old), 3) == [200, 200, 429]


def test_one_user_cannot_use_up_the_limit_of_an_address(settings, cast):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m"
    assert statuses(signed_in(cast.author), 50).count(200) == 1
    assert statuses(signed_in(cast.follower), 1) == [200]


def test_visitors_cannot_use_up_the_limit_of_the_users_of_their_address(settings, cast):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m"
    answers = statuses(Client(), 3)  # a client without cookies is no other visitor
    assert answers == [200, 200, 429]
    assert statuses(Client(), 1) == [429]
    assert statuses(signed_in(cast.follower), 1) == [200]


def test_many_users_of_one_address_are_limited_together(settings):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m"
    answers = [signed_in(make_user()).get("/search/") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "Too many requests come from your network." in answers[-1].content.decode()


def test_the_addresses_of_one_ipv6_network_are_one(settings):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m"
    for last in ("1", "2"):
        assert statuses(Client(), 1, f"2001:db8:0:1::{last}") == [200]
    assert statuses(Client(), 1, "2001:db8:0:1:ffff::3") == [429]
    assert statuses(Client(), 1, "2001:db8:0:2::1") == [200]


def test_a_refused_follow_changes_nothing(settings, cast, stranger):
    settings.LIVEFEED_RATE_LIMITS = "follow=1/m"
    stranger.post("/@author/follow/")
    stranger.post("/@author/follow/", {"_method": "DELETE"})
    assert Follow.objects.filter(follower=cast.stranger).exists()


def test_requests_beyond_a_limit_are_not_logged(settings, follower, caplog):
    settings.LIVEFEED_RATE_LIMITS = "search=1/m"
    assert statuses(follower, 3) == [200, 429, 429]
    assert [record for record in caplog.records if record.name == "django.request"] == []


def test_the_owner_can_end_sessions_and_sign_out_while_another_one_floods(cast, settings):
    settings.LIVEFEED_RATE_LIMITS = "other=1/h"
    thief = signed_in(cast.author)
    assert [thief.post("/settings/display/").status_code == 429 for _ in range(2)] == [False, True]
    owner = signed_in(cast.author)
    assert owner.post("/settings/sessions/", {"_method": "DELETE"}).status_code == 302
    assert owner.post("/accounts/logout/").status_code == 302
