"""The page of a post: its ancestors, the post, and its replies."""

import pytest

from livefeed.models import Post
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import htmx, swap_of

EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx()}], ids=["plain", "htmx"])


def reply(client, post: Post, body: str = "Indeed.", extra: dict | None = None, **fields):
    return client.post("/posts/", {"body": body, "parent": str(post.pk), **fields}, **(extra or {}))


def test_a_page_shows_ancestors_the_post_and_replies_in_order(cast, visitor, post):
    answer = make_post(cast.stranger, "Second.", parent=post)
    below = [make_post(cast.follower, f"{number}", parent=answer) for number in range(3)]
    make_post(cast.follower, "Beside it.", parent=post)
    page = Page(visitor.get(answer.get_absolute_url()))
    assert page.posts == [post.pk, answer.pk, *(each.pk for each in below)]
    assert page.one(id="posts")["data-order"] == "oldest"
    assert page.all("form", id="composer") == []


def test_more_replies_are_linked_from_the_end_of_the_page(cast, visitor, post):
    replies = [make_post(cast.author, f"{number}", parent=post).pk for number in range(25)]
    page = Page(visitor.get(post.get_absolute_url()))
    assert page.posts == [post.pk, *replies[:20]]
    more = page.one("a", "older")["href"]
    assert Page(visitor.get(more)).posts == replies[20:]
    assert Page(visitor.get(more, headers=htmx("a"))).posts == replies[20:]
    assert visitor.get(f"{post.get_absolute_url()}?after=nonsense").status_code == 404


@EITHER_WAY
def test_a_reply_is_appended_to_the_thread(author, stranger, post, extra):
    answer = reply(stranger, post, extra=extra)
    made = Post.objects.get(parent=post)
    if extra:
        assert Page(answer).posts == [made.pk]
        assert swap_of(answer) == ("#posts", "beforeend")
    else:
        assert answer.headers["Location"] == post.get_absolute_url()
    page = Page(stranger.get(post.get_absolute_url()))
    assert page.posts == [post.pk, made.pk]
    (count,) = (each for each in page.all("span", data_count="replies") if each.text)
    assert count.text == "1"
    (link,) = (each for each in page.all("a") if each.text == "Reply to @author")
    assert link["href"] == post.get_absolute_url()


@EITHER_WAY
def test_a_refused_reply_is_returned_whole_as_a_reply(stranger, post, extra):
    page = Page(reply(stranger, post, "x" * 5_001, extra=extra))
    assert page.field_values["body"] == "x" * 5_001
    assert page.field_values["parent"] == str(post.pk)
    assert not Post.objects.filter(parent=post).exists()


@EITHER_WAY
@pytest.mark.parametrize("parent", ["99999", "secret", "nonsense"])
def test_a_reply_to_a_missing_or_hidden_post_is_refused_and_returned(cast, stranger, extra, parent):
    secret = make_post(cast.author, audience="followers")
    answer = stranger.post(
        "/posts/", {"body": "Indeed.", "parent": str(secret.pk) if parent == "secret" else parent}, **extra
    )
    page = Page(answer)
    assert answer.status_code == 422
    assert len(page.errors) == 1
    assert page.field_values["body"] == "Indeed."
    assert Post.objects.count() == 1


def test_a_hidden_ancestor_is_mentioned(cast, visitor, post):
    answer = make_post(cast.stranger, "Second.", parent=post)
    assert "Something above this post" not in visitor.get(answer.get_absolute_url()).text
    post.delete()
    page = visitor.get(answer.get_absolute_url())
    assert "A post above this one was deleted" in page.text
    assert "Reply to a deleted post" in page.text


def test_posts_for_followers_in_a_thread_are_hidden_from_others(cast, visitor, stranger, post):
    make_post(cast.follower, "Only mine.", parent=post, audience="followers")
    assert (
        Page(visitor.get(post.get_absolute_url())).posts
        == Page(stranger.get(post.get_absolute_url())).posts
        == [post.pk]
    )


def test_replies_are_on_no_list_of_new_posts(cast, visitor, post):
    make_post(cast.author, "Indeed.", parent=post)
    for address in ("/", "/explore/", "/@author/"):
        assert Page(visitor.get(address)).posts == [post.pk]


def test_the_editor_of_a_reply_has_no_title(author, cast, post):
    reply = make_post(cast.author, "Reply.", parent=post)

    for pk, titles in ((post.pk, 1), (reply.pk, 0)):
        assert len(Page(author.get(f"/posts/{pk}/edit/")).all("input", name="title")) == titles
