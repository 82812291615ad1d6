"""First steps: the home page shows those of a new user until all are done, or hidden."""

import pytest
from django.test import Client, TestCase

from livefeed.models import Profile, User
from tests.factories import make_post, signed_in
from tests.views.accounts import sign_up
from tests.views.html import Page
from tests.views.htmx import htmx

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/first-steps/"


def done_steps(client: Client) -> str | None:
    """Returns what the home page says about the first steps, or None without them."""
    found = Page(client.get("/")).all(css="steps-done")
    return found[0].text.strip() if found else None


@pytest.fixture
def newcomer(cast) -> Client:
    """A client that has just signed up as Mara, on a site where there is an author to follow."""
    make_post(cast.author)
    client = Client()
    sign_up(client)
    return client


def test_they_stay_until_all_are_done(newcomer, cast):
    mara = User.objects.get(username="Mara")
    assert done_steps(newcomer) == "0 of 3 done"

    mara.activate()
    mara.follow(cast.author)
    assert done_steps(newcomer) == "1 of 3 done"
    with TestCase.captureOnCommitCallbacks(execute=True):  # PostgreSQL counts the posts of an author then
        make_post(mara)
    assert done_steps(newcomer) == "2 of 3 done"
    Profile.objects.filter(user=mara).update(about="New here.")
    assert done_steps(newcomer) is None
    Profile.objects.filter(user=mara).update(about="")
    assert done_steps(newcomer) is None


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (htmx(), 200)], ids=["plain", "htmx"])
def test_a_user_can_hide_them(newcomer, headers, status):
    button = Page(newcomer.get("/")).one("button", formaction=ADDRESS)
    assert (button["name"], button["value"]) == ("_method", "DELETE")

    assert newcomer.post(ADDRESS, {"_method": "DELETE"}, headers=headers).status_code == status

    assert done_steps(newcomer) is None


def test_an_account_made_by_staff_sees_them_while_it_follows_no_one(cast):
    make_post(cast.author)
    assert done_steps(signed_in(cast.stranger)) == "0 of 3 done"
    assert done_steps(signed_in(cast.follower)) is None
