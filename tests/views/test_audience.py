"""Posts for followers are on no page of other users; tags have pages."""

from uuid import uuid4

import pytest

from livefeed.models import Picture, Post
from tests import image_files
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import htmx

EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx()}], ids=["plain", "htmx"])


@pytest.fixture
def secret(cast) -> Post:
    return make_post(cast.author, "Only for you #Garden.", audience="followers")


@pytest.mark.parametrize("address", ["/", "/explore/", "/@author/", "/tags/garden/"])
def test_a_post_for_followers_is_on_no_list_of_others(secret, stranger, visitor, address):
    assert Page(stranger.get(address)).posts == []
    assert Page(visitor.get(address)).posts == []


@pytest.mark.parametrize("address", ["/", "/@author/", "/tags/garden/"])
def test_a_post_for_followers_is_listed_for_them_and_the_author(secret, author, follower, address):
    assert Page(author.get(address)).posts == Page(follower.get(address)).posts == [secret.pk]


def test_explore_lists_only_public_posts(secret, follower):
    assert Page(follower.get("/explore/")).posts == []


@EITHER_WAY
def test_the_page_of_a_post_for_followers_is_404_for_others(secret, follower, stranger, visitor, extra):
    assert follower.get(secret.get_absolute_url(), **extra).status_code == 200
    for client in (stranger, visitor):
        answer = client.get(secret.get_absolute_url(), **extra)
        assert answer.status_code == 404
        assert "Only for you" not in answer.text


@EITHER_WAY
def test_the_author_chooses_the_audience(author, extra):
    assert author.post("/posts/", {"body": "Hi.", "audience": "followers"}, **extra).status_code in (200, 302)
    assert Post.objects.get().audience == "followers"
    assert Page(author.get("/")).one(css="post-audience")["title"] == "Only followers see this"


@EITHER_WAY
def test_an_invalid_audience_is_refused_and_the_text_is_returned(author, extra):
    page = Page(author.post("/posts/", {"body": "Hi.", "audience": "enemies"}, **extra))
    assert page.errors == ["Choose who may see it: everyone or your followers."]
    assert page.field_values["body"] == "Hi."
    assert not Post.objects.exists()


def test_a_post_without_an_audience_is_public(author):
    author.post("/posts/", {"body": "Hi."})
    assert Post.objects.get().audience == "public"


def test_an_edit_does_not_change_the_audience(secret, author):
    author.post(secret.get_absolute_url(), {"body": "New.", "version": "1", "audience": "public"})
    secret.refresh_from_db()
    assert (secret.body, secret.audience) == ("New.", "followers")


def test_a_tag_page_is_found_in_any_case_and_linked(cast, visitor):
    post = make_post(cast.author, "Roses. #GrünZeug")
    (link,) = (each for each in Page(visitor.get("/explore/")).all("a") if each.text == "#GrünZeug")
    page = Page(visitor.get(link["href"]))
    assert page.posts == [post.pk]
    assert page.one(id="posts")["data-view"] == "tag:grünzeug"
    assert visitor.get("/tags/GRÜNZEUG/", follow=True).redirect_chain[0][0] == "/tags/gr%C3%BCnzeug/"


@pytest.mark.parametrize(("typed", "tag"), [("İstanbul", "istanbul"), ("\u095b", "\u091c\u093c"), ("a½", "a12")])
def test_a_tag_page_redirects_to_the_normalized_tag(cast, visitor, typed, tag):
    post = make_post(cast.author, f"Here: #{typed}")
    (link,) = (each for each in Page(visitor.get("/explore/")).all("a") if each.text == f"#{typed}")
    page = Page(visitor.get(link["href"]))
    assert page.posts == [post.pk]
    assert page.one(id="posts")["data-view"] == f"tag:{tag}"


@pytest.mark.parametrize("tag", ["42", "a b", "x" * 51, "%00"])
def test_an_invalid_tag_has_no_page(visitor, db, tag):
    assert visitor.get(f"/tags/{tag}/").status_code == 404


def test_a_preview_equals_the_post_and_saves_nothing(author):
    answer = author.post("/posts/preview/", {"body": "**Hi** @mara"}, headers=htmx())
    assert '<strong>Hi</strong> <a href="/@mara/"' in answer.text
    assert not Post.objects.exists()


def test_a_preview_shows_title_and_pictures_as_the_post_does(author, cast):
    picture = Picture.objects.store(cast.author, image_files.file())
    fields = {"title": "  A <b>title</b> ", "body": "Hi.", "picture": picture.pk, "picture_description": "A square."}
    preview = Page(author.post("/posts/preview/", fields, headers=htmx()))
    post = Page(author.post("/posts/", fields | {"key": str(uuid4())}, headers=htmx()))

    for css in ("post-title", "post-body", "picture"):
        assert preview.one(css=css).text == post.one(css=css).text
        assert preview.one(css=css).attributes == post.one(css=css).attributes
    images = [page.one("img", loading="lazy") for page in (preview, post)]
    assert [(image["src"], image["alt"]) for image in images] == [(picture.small, "A square.")] * 2
    assert preview.one(css="post-title").text == "A <b>title</b>"


def test_a_preview_of_nothing_or_of_anothers_picture_shows_nothing(author, cast):
    picture = Picture.objects.store(cast.stranger, image_files.file())
    fields = {"title": "\u200b", "body": "\u3164 ", "picture": picture.pk}
    answer = author.post("/posts/preview/", fields, headers=htmx())
    assert "Nothing to preview yet." in answer.text
    assert not Page(answer).all("img")


def test_a_preview_needs_a_session(visitor, db):
    assert visitor.post("/posts/preview/", {"body": "Hi."}, headers=htmx()).status_code == 401
