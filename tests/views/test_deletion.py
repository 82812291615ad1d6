"""The confirmation before a post is deleted, and the consequences it names."""

import pytest
from django.test import Client

from livefeed.models import Like, Picture, Post
from livefeed.models.picture import Attachment
from tests.factories import make_post, make_user
from tests.image_files import file
from tests.views.html import Page
from tests.views.htmx import htmx


def asked(client: Client, post: Post) -> str:
    """Returns the consequences as the page names them."""
    return Page(client.get(f"/posts/{post.pk}/delete/")).all("p")[-2].text


@pytest.mark.parametrize(
    ("pictures", "likes", "replies", "sentence"),
    [
        (0, 0, 0, "It disappears for everyone."),
        (1, 0, 0, "It disappears for everyone, with its picture."),
        (0, 1, 1, "It disappears for everyone, with its like. Its reply stays."),
        (2, 3, 0, "It disappears for everyone, with its 2 pictures and 3 likes."),
        (0, 0, 2, "It disappears for everyone. Its 2 replies stay."),
    ],
)
def test_the_consequences_name_what_is_removed_and_what_remains(cast, author, pictures, likes, replies, sentence):
    shown = [Attachment(Picture.objects.store(cast.author, file()).pk) for _ in range(pictures)]
    post = Post.objects.publish(cast.author, title="", body="Hello.", pictures=shown)
    for _ in range(likes):
        Like.objects.add(make_user(), post)
    for _ in range(replies):
        make_post(cast.follower, parent=post)
    assert asked(author, post) == sentence


def test_the_confirmation_quotes_the_post_as_text(cast, author):
    post = make_post(cast.author, "**Bold** <script>alert(1)</script> " + "x" * 200)
    quote = Page(author.get(f"/posts/{post.pk}/delete/")).one("p", "dialog-quote").text
    assert quote.startswith("Bold <script>alert(1)</script> xxx")
    assert len(quote) == 100
    titled = make_post(cast.author, title="A Title")
    assert Page(author.get(f"/posts/{titled.pk}/delete/")).one("p", "dialog-quote").text == "A Title"


def test_htmx_gets_a_dialog_whose_default_keeps_the_post(author, post):
    page = Page(author.get(f"/posts/{post.pk}/delete/", headers=htmx("a")))
    assert [element.tag for element in page.elements if element.depth == 0] == ["dialog"]
    keep, delete = page.all("button")
    assert ("autofocus" in keep.attributes, keep.attributes.get("value", ""), delete["value"]) == (True, "", "delete")


def test_without_scripts_a_page_deletes_or_goes_back(author, post):
    page = Page(author.get(f"/posts/{post.pk}/delete/"))
    assert page.one("a", "quiet")["href"] == f"/posts/{post.pk}/"
    button = page.one("button", "danger")
    answer = author.post(button["formaction"], {button["name"]: button["value"]})
    assert answer["Location"] == f"/posts/{post.pk}/removal/"
    assert not Post.objects.present().exists()


def test_the_confirmation_deletes_nothing_and_is_for_the_author_only(author, follower, stranger, visitor, post):
    address = f"/posts/{post.pk}/delete/"
    assert [client.get(address).status_code for client in (author, follower, stranger, visitor)] == [200, 403, 403, 302]
    assert Post.objects.present().exists()
    post.remove()
    answer = author.get(address, headers=htmx("a"))
    assert answer.status_code == 404
    assert "any more" in answer.text
