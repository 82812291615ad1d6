"""Pages that list posts: home, explore, profiles."""

from unittest.mock import patch

import pytest

from livefeed.models import Event, User
from livefeed.models.post_query import PostQuerySet
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import htmx

# --- Home ---


def test_a_visitor_reads_public_posts_and_can_sign_up(visitor, cast):
    posts = [make_post(user).pk for user in (cast.author, cast.stranger)]

    page = Page(visitor.get("/"))

    assert page.posts == posts[::-1]
    assert page.one("a", href="/accounts/signup/").text == "Create an account"
    assert page.all("form") == []
    assert page.one(id="posts")["data-view"] == "public"


def test_a_users_home_lists_own_and_followed_posts(cast, follower):
    by_author, by_follower, _ = (make_post(user).pk for user in (cast.author, cast.follower, cast.stranger))

    page = Page(follower.get("/"))

    assert page.posts == [by_follower, by_author]
    assert page.one(id="posts")["data-view"] == "home"


def test_a_users_home_has_an_empty_composer_with_a_key(author):
    first, second = (Page(author.get("/")).field_values for _ in range(2))

    assert (first["title"], first["body"]) == ("", "")
    assert first["key"]
    assert first["key"] != second["key"]


def test_the_home_page_suggests_users_to_follow(cast, stranger, post):
    page = Page(stranger.get("/"))

    assert page.one("button", formaction="/@author/follow/").text == "Follow"


# --- Explore ---


def test_explore_shows_all_public_posts_to_everyone(cast, follower, visitor):
    posts = [make_post(user).pk for user in (cast.author, cast.stranger)]

    for client in (follower, visitor):
        assert Page(client.get("/explore/")).posts == posts[::-1]


def test_explore_suggests_no_user_to_a_visitor(visitor, post):
    assert Page(visitor.get("/explore/")).all(css="suggestions") == []


# --- Profiles ---


@pytest.mark.parametrize("name", ["author", "Author", "AUTHOR"])
def test_a_profile_is_found_in_any_case_of_the_name(cast, visitor, name):
    post = make_post(cast.author)
    make_post(cast.stranger)

    page = Page(visitor.get(f"/@{name}/"))

    assert page.posts == [post.pk]
    assert page.one(id="posts")["data-view"] == "user:author"


def test_a_profile_shows_the_counts_of_follows(cast, visitor):
    cast.stranger.follow(cast.author)

    counts = Page(visitor.get("/@author/")).one(css="profile-counts").text

    assert " ".join(counts.split()) == "0 posts 0 following 2 followers"


def test_a_profile_has_a_button_to_follow_unfollow_or_sign_in(cast, follower, stranger, visitor):
    ends, begins = (
        Page(client.get("/@author/")).one("button", css="button", form="act") for client in (follower, stranger)
    )
    sign_in = Page(visitor.get("/@author/")).one("a", css="small")

    assert (ends["aria-label"], ends["formaction"], ends["value"]) == ("Unfollow Author", "/@author/follow/", "DELETE")
    assert (begins["aria-label"], begins["formaction"]) == ("Follow Author", "/@author/follow/")
    assert "name" not in begins.attributes
    assert sign_in["href"] == "/accounts/login/?next=/@author/"


def test_the_own_profile_has_no_follow_button(author):
    assert Page(author.get("/@author/")).all(css="follow") == []


# --- All lists ---


def test_the_profile_and_posts_of_a_deactivated_user_are_hidden(cast, follower, visitor, post):
    User.objects.filter(pk=cast.author.pk).update(is_active=False)

    for client in (follower, visitor):
        for address in ("/", "/explore/"):
            assert Page(client.get(address)).posts == []
        for address in ("/@author/", f"/posts/{post.pk}/"):
            assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/", "/posts/{}/"])
def test_a_page_contains_its_position_in_the_event_log(follower, post, address):
    assert Page(follower.get(address.format(post.pk))).one(id="posts")["data-cursor"] == str(Event.objects.head())


@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/"])
def test_a_page_reads_the_log_position_before_its_posts(cast, follower, address):
    before = Event.objects.head()
    newest_first = PostQuerySet.newest_first

    def late(posts: PostQuerySet) -> PostQuerySet:
        make_post(cast.author)
        return newest_first(posts)

    with patch.object(PostQuerySet, "newest_first", late):
        page = Page(follower.get(address))

    assert page.one(id="posts")["data-cursor"] == str(before)


def test_a_post_page_reads_the_log_position_before_its_post(cast, follower, post):
    before = Event.objects.head()
    visible_to = PostQuerySet.visible_to

    def late(posts: PostQuerySet, viewer: User | None) -> PostQuerySet:
        make_post(cast.author)
        return visible_to(posts, viewer)

    with patch.object(PostQuerySet, "visible_to", late):
        page = Page(follower.get(f"/posts/{post.pk}/"))

    assert page.one(id="posts")["data-cursor"] == str(before)


@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/", "/posts/{}/", "/posts/{}/edit/"])
def test_pages_with_htmx_variants_vary_on_its_header(author, post, address):
    for headers in ({}, htmx("a")):
        answer = author.get(address.format(post.pk), headers=headers)

        assert "HX-Request" in answer.headers["Vary"]
