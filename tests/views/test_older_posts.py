"""Paging through older posts."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from livefeed.models import Post, User
from tests.views.html import Page
from tests.views.htmx import htmx

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_posts(author: User, count: int) -> list[int]:
    """Creates posts of the same microsecond; returns their ids in the order of a feed."""
    Post.objects.bulk_create(Post(author=author, body="Hello.", created_at=NOON) for _ in range(count))
    return list(Post.objects.newest_first().values_list("pk", flat=True))


def pages(client: Client, address: str, **extra) -> list[Page]:
    """Returns the ids of all posts on a page and the older pages linked from it."""
    found = [Page(client.get(address))]
    while more := found[-1].all("a", "older"):
        found.append(Page(client.get(address + more[0]["href"], **extra)))
        assert len(found) < 10
    return found


@pytest.mark.parametrize("extra", [{}, {"headers": htmx("a")}])
@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/"])
def test_45_posts_are_shown_once_each_on_three_pages(cast, follower, address, extra):
    posts = make_posts(cast.author, 45)

    found = pages(follower, address, **extra)

    assert [len(page.posts) for page in found] == [20, 20, 5]
    assert [post_id for page in found for post_id in page.posts] == posts


def test_20_posts_are_one_page_without_a_link_to_older_ones(cast, follower):
    make_posts(cast.author, 20)

    assert len(pages(follower, "/")) == 1


def test_htmx_gets_only_the_older_posts(cast, follower):
    make_posts(cast.author, 45)

    older = Page(follower.get("/" + Page(follower.get("/")).one("a", "older")["href"], headers=htmx("a")))

    assert {element.tag for element in older.elements if element.depth == 0} == {"article", "a"}
    assert len(older.posts) == 20


def test_without_htmx_older_posts_are_a_page_with_its_start(cast, follower):
    make_posts(cast.author, 45)
    last = Page(follower.get("/")).all("article")[-1]

    page = Page(follower.get(f"/?before={last['data-sort']}"))

    assert page.one("title").text == "Home · Livefeed"
    assert page.one(id="posts")["data-from"] == last["data-sort"]


def test_the_first_page_has_no_start(follower, post):
    assert "data-from" not in Page(follower.get("/")).one(id="posts").attributes


def test_a_concurrent_deletion_leaves_no_gap(cast, follower):
    posts = make_posts(cast.author, 25)
    older = Page(follower.get("/")).one("a", "older")["href"]

    Post.objects.get(pk=posts[19]).delete()

    assert Page(follower.get("/" + older)).posts == posts[20:]


@pytest.mark.parametrize("extra", [{}, {"headers": htmx("a")}])
@pytest.mark.parametrize("before", ["x", "1", "-", "1-x", "9" * 40 + "-1", "1%00-1", "%ff", "<script>", "' OR 1=1--"])
@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/"])
def test_an_invalid_sort_key_is_404(follower, post, address, before, extra):
    answer = follower.get(f"{address}?before={before}", **extra)

    assert answer.status_code == 404
    assert "This page does not exist or was removed." in answer.content.decode()
