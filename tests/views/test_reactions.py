"""Likes and bookmarks, with and without scripts."""

import pytest

from livefeed.models import Bookmark, Like
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import htmx

BOTH = pytest.mark.parametrize(("word", "model"), [("like", Like), ("bookmark", Bookmark)])


@BOTH
def test_htmx_adds_and_removes_a_reaction(follower, post, word, model):
    address = f"/posts/{post.pk}/{word}/"
    for _ in range(2):
        assert follower.post(address, headers=htmx()).status_code == 204
    assert model.objects.get().post == post
    for _ in range(2):
        assert follower.delete(address, headers=htmx()).status_code == 204
    assert not model.objects.exists()


@BOTH
def test_without_scripts_the_post_follows_and_a_repetition_asks_to_remove(follower, post, word, model):
    address = f"/posts/{post.pk}/{word}/"
    assert follower.post(address).headers["Location"] == post.get_absolute_url()
    page = Page(follower.post(address))
    (button,) = page.all("button", formaction=address, name="_method")
    assert button["value"] == "DELETE"
    assert model.objects.count() == 1
    assert follower.post(address, {"_method": "DELETE"}).headers["Location"] == post.get_absolute_url()
    assert not model.objects.exists()


@BOTH
def test_visitors_are_redirected_to_sign_in(visitor, post, word, model):
    address = f"/posts/{post.pk}/{word}/"
    assert visitor.post(address).headers["Location"] == "/accounts/login/"
    assert visitor.post(address, headers=htmx()).headers["HX-Redirect"] == "/accounts/login/"
    assert not model.objects.exists()


@BOTH
@pytest.mark.parametrize("verb", ["post", "delete"])
def test_a_hidden_post_gets_no_reaction(cast, stranger, word, model, verb):
    secret = make_post(cast.author, audience="followers")
    for address in (f"/posts/{secret.pk}/{word}/", f"/posts/99999/{word}/"):
        assert getattr(stranger, verb)(address).status_code == 404
    assert not model.objects.exists()


def test_a_page_lists_the_viewers_reactions_apart_from_the_posts(cast, follower, stranger, post):
    Like.objects.add(cast.follower, post)
    for address in ("/", "/@author/", "/explore/", f"/posts/{post.pk}/"):
        reactions = Page(follower.get(address)).one("template", "reactions")
        assert (reactions["data-like"], reactions["data-bookmark"]) == (str(post.pk), "")
    assert Page(stranger.get("/explore/")).all("template", "reactions") == []


def test_a_post_shows_its_likes(cast, visitor, post):
    likes = {"data_count": "likes"}
    assert Page(visitor.get("/explore/")).one("span", **likes).text == ""
    Like.objects.add(cast.follower, post)
    assert Page(visitor.get("/explore/")).one("span", **likes).text == "1"


def test_bookmarks_are_private_and_omit_hidden_posts(cast, follower, stranger, visitor):
    kept = make_post(cast.author)
    secret = make_post(cast.author, audience="followers")
    for post in (kept, secret):
        Bookmark.objects.add(cast.follower, post)
    page = Page(follower.get("/bookmarks/"))
    assert (page.posts, page.one(id="posts")["data-view"]) == ([secret.pk, kept.pk], "shown")
    cast.follower.unfollow(cast.author)
    assert Page(follower.get("/bookmarks/")).posts == [kept.pk]
    assert Page(stranger.get("/bookmarks/")).posts == []
    assert visitor.get("/bookmarks/").status_code == 302
