"""The declaration of posts, by the checks that `livefeed.testing` offers for any live model; and these checks."""

import pytest

from links.models import Link
from livefeed.live.declarations import LiveModel, live_model_named
from livefeed.live.readers import View
from livefeed.live.views import VIEWS, ViewType
from livefeed.models import Post
from livefeed.testing import checks, sockets
from tests.factories import Cast, make_cast, make_post, make_user


@pytest.fixture
def cast(transactional_db) -> Cast:
    return make_cast()


@pytest.mark.parametrize("view", ["home", "public", "user:author"])
def test_posts_edits_and_deletions_arrive_exactly_once(live_reader, cast, view):
    post = make_post(cast.author)

    changes = [
        lambda: make_post(cast.author),
        lambda: post.edit(title="", body="Edited.", seen_version=1),
        post.remove,
        post.restore,
        post.delete,
    ]
    for change in changes:
        live_reader.check_exactly_once(change, view=view, user=cast.follower)


def test_nothing_arrives_of_posts_that_are_rolled_back(live_reader, cast):
    live_reader.check_rollback(lambda: make_post(cast.author), view="home", user=cast.follower)


@pytest.mark.parametrize("view", ["home", "public", "user:author"])
def test_strangers_receive_no_posts_for_followers(live_reader, cast, view):
    def post_for_followers() -> None:
        make_post(cast.author, audience="followers")

    live_reader.check_stranger(post_for_followers, view=view, stranger=cast.stranger)
    live_reader.check_stranger(post_for_followers, view=view)


@pytest.mark.parametrize("view", ["home", "user:author"])
def test_nothing_arrives_after_unfollowing(live_reader, cast, view):
    live_reader.check_revocation(
        lambda: make_post(cast.author, audience="followers"),
        lambda: cast.follower.unfollow(cast.author),
        view=view,
        user=cast.follower,
    )


def test_pages_and_sockets_show_the_same_posts(live_reader, cast):
    suspended = make_user("suspended")
    for author in (cast.author, cast.stranger, suspended):
        for audience in ("public", "followers"):
            post = make_post(author, audience=audience)
            make_post(author, "A reply.", audience=audience, parent=post)
            make_post(author, "Removed.", audience=audience).remove()
    suspended.is_active = False
    suspended.save()

    live_reader.check_visibility(Post, [None, cast.author, cast.follower, cast.stranger])


# --- The checks themselves: each fails for a declaration with the mistake that it is about ---


@pytest.fixture
def live_link() -> LiveModel[Link]:
    return live_model_named("link")


@pytest.fixture
def add(cast):
    def add_link(**fields):
        return Link.objects.create(title="Bread", address="https://example.org/", added_by=cast.author, **fields)

    return add_link


@pytest.fixture
def add_for_followers(add):
    return lambda: add(for_followers=True)


def test_a_gap_fails(live_reader, live_link, add, monkeypatch):
    monkeypatch.setattr(live_link, "topics", lambda instance: ["elsewhere"])

    with pytest.raises(AssertionError, match=r"link\.created"):
        live_reader.check_exactly_once(add, view="links")


def test_a_duplicate_fails(live_reader, add, monkeypatch):
    async def poll_twice(*args):
        return 2 * await sockets.poll(*args)

    monkeypatch.setattr(checks, "poll", poll_twice)

    with pytest.raises(AssertionError, match=r"link\.created"):
        live_reader.check_exactly_once(add, view="links")


def test_a_frame_for_a_stranger_fails(live_reader, live_link, add_for_followers, monkeypatch):
    monkeypatch.setattr(live_link, "may_see", lambda reader, entry: True)

    with pytest.raises(AssertionError, match=r"link\.created"):
        live_reader.check_stranger(add_for_followers, view="links")


def test_a_page_that_keeps_rows_after_unfollowing_fails(live_reader, cast, add_for_followers, monkeypatch):
    view = View("links", topics=frozenset({"links"}))
    monkeypatch.setitem(VIEWS, "links", ViewType("links", "/links/", lambda key, user: view))
    monkeypatch.setattr(checks, "REVOCATION_TIMEOUT", 0.3)

    with pytest.raises(AssertionError, match="The page still shows the rows"):
        live_reader.check_revocation(
            add_for_followers, lambda: cast.follower.unfollow(cast.author), view="links", user=cast.follower
        )


@pytest.mark.parametrize("rule", ["may_see", "visible_to"])
def test_rules_that_disagree_fail(live_reader, live_link, cast, add, add_for_followers, rule, monkeypatch):
    add()
    add_for_followers()
    too_generous = {"may_see": lambda reader, entry: True, "visible_to": lambda viewer: Link.objects.all()}
    monkeypatch.setattr(live_link, rule, too_generous[rule])

    with pytest.raises(AssertionError, match="visible_to says"):
        live_reader.check_visibility(Link, [None, cast.author])


def test_a_check_of_nothing_fails(live_reader, cast, add):
    with pytest.raises(AssertionError, match="published no event"):
        live_reader.check_exactly_once(lambda: None, view="links")
    with pytest.raises(AssertionError, match="published no event"):
        live_reader.check_rollback(lambda: None, view="links")
    with pytest.raises(AssertionError, match="no view “link”"):
        live_reader.check_stranger(add, view="link")
    with pytest.raises(AssertionError, match="do not differ"):
        live_reader.check_visibility(Link, [None])
