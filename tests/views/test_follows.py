"""Following and unfollowing a user by the button of the profile."""

import pytest

from livefeed.models import Follow, User
from tests.views.html import Page
from tests.views.htmx import INTO_NOTICES, htmx, swap_of

EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx("button")}], ids=["plain", "htmx"])
ADDRESS = "/@author/follow/"
END = {"_method": "DELETE"}


def test_a_follow_without_htmx_redirects_to_the_profile(cast, stranger):
    answer = stranger.post(ADDRESS)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/@author/")
    assert cast.stranger.follows(cast.author)


def test_an_unfollow_without_htmx_redirects_to_the_profile(cast, follower):
    answer = follower.post(ADDRESS, END)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/@author/")
    assert not cast.follower.follows(cast.author)


def test_htmx_gets_the_opposite_button(cast, stranger):
    ends = Page(stranger.post(ADDRESS, headers=htmx("button")))
    assert cast.stranger.follows(cast.author)
    assert [element.tag for element in ends.elements if element.depth == 0] == ["span"]
    end = ends.one("button", css="button")
    assert end["aria-label"] == "Unfollow Author"
    assert (end["name"], end["value"]) == ("_method", "DELETE")
    assert ends.one("button", css="bell")["aria-pressed"] == "false"

    begins = Page(stranger.post(ADDRESS, END, headers=htmx("button")))
    assert not cast.stranger.follows(cast.author)
    assert begins.one("button")["aria-label"] == "Follow Author"


def test_a_delete_request_unfollows_too(cast, follower):
    assert follower.delete(ADDRESS, headers=htmx("button")).status_code == 200
    assert not cast.follower.follows(cast.author)


@EITHER_WAY
@pytest.mark.parametrize("name", ["author", "AUTHOR"])
def test_a_user_is_followed_by_their_name_in_any_case(cast, stranger, name, extra):
    stranger.post(f"/@{name}/follow/", **extra)

    assert cast.stranger.follows(cast.author)


@EITHER_WAY
@pytest.mark.parametrize("fields", [{}, END])
def test_repeating_it_changes_nothing_and_is_no_error(cast, stranger, fields, extra):
    first, second = (stranger.post(ADDRESS, fields, **extra) for _ in range(2))

    assert first.status_code == second.status_code
    assert Follow.objects.filter(follower=cast.stranger).count() == (0 if fields else 1)


@EITHER_WAY
def test_users_cannot_follow_themselves(cast, author, extra):
    answer = author.post(ADDRESS, **extra)

    assert answer.status_code == 403
    assert "You cannot follow yourself." in answer.content.decode()
    assert not cast.author.follows(cast.author)
    if extra:
        assert swap_of(answer) == INTO_NOTICES


@pytest.mark.parametrize("fields", [{}, END])
def test_a_visitor_is_redirected_to_sign_in(visitor, cast, fields):
    answer = visitor.post(ADDRESS, fields)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert Follow.objects.count() == 1


@pytest.mark.parametrize("fields", [{}, END])
def test_a_visitor_is_redirected_to_sign_in_by_htmx(visitor, cast, fields):
    answer = visitor.post(ADDRESS, fields, headers=htmx("button"))

    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["HX-Redirect"].startswith("/accounts/login/")
    assert Follow.objects.count() == 1


@EITHER_WAY
def test_a_deactivated_user_can_only_be_unfollowed(cast, follower, stranger, extra):
    User.objects.filter(pk=cast.author.pk).update(is_active=False)

    assert stranger.post(ADDRESS, **extra).status_code == 404
    assert follower.post(ADDRESS, END, **extra).status_code in (200, 302)
    assert not Follow.objects.exists()


def test_a_get_request_follows_no_user(cast, stranger):
    assert stranger.get(ADDRESS).status_code == 405
    assert not cast.stranger.follows(cast.author)
