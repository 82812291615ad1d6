"""One post: reading, editing and deleting it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from livefeed.content.fragments import render_post
from livefeed.models import Post
from livefeed.models.post import BODY_MAX, TITLE_MAX
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import INTO_NOTICES, htmx, swap_of

EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx("form")}], ids=["plain", "htmx"])
HOSTILE = '</textarea><script>alert(1)</script>\u202e\0"'


@pytest.fixture
def address(post: Post) -> str:
    return post.get_absolute_url()


def edit(client: Client, post: Post, body: str = "Good night.", title: str = "Tonight", extra=None, **fields):
    text = {"title": title, "body": body, "version": "1", **fields}
    return client.post(post.get_absolute_url(), text, **(extra or {}))


def stands(post: Post) -> tuple[str, str, int]:
    """Returns the post from the database."""
    return Post.objects.values_list("title", "body", "version").get(pk=post.pk)


UNTOUCHED = ("Today", "Good morning.", 1)


# --- Reading ---


def test_everyone_reads_a_post_on_its_page(author, follower, stranger, visitor, post, address):
    for client in (author, follower, stranger, visitor):
        page = Page(client.get(address))

        assert page.posts == [post.pk]
        assert page.one("title").text == "Author: Today · Livefeed"
        assert page.one(id="posts")["data-view"] == f"post:{post.pk}"


def test_a_post_without_a_title_is_titled_with_its_beginning(cast, visitor):
    post = make_post(cast.author, "word " * 50)

    assert Page(visitor.get(post.get_absolute_url())).one("title").text.startswith("Author: word word")


def test_htmx_gets_only_the_post(visitor, post, address):
    assert visitor.get(address, headers=htmx("a")).content.decode() == render_post(post)


def test_a_post_contains_its_id_version_and_sort_key(visitor, post, address):
    article = Page(visitor.get(address)).one("article")

    assert article["id"] == f"post-{post.pk}"
    assert (article["data-version"], article["data-sort"]) == ("1", post.sort_key)
    assert article["data-author"] == str(post.author_id)


def test_only_an_edited_post_shows_when_it_was_edited(author, visitor, post, address):
    assert Page(visitor.get(address)).all(css="post-edited") == []

    edit(author, post)
    Post.objects.filter(pk=post.pk).update(edited_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC))

    assert Page(visitor.get(address)).one(css="post-edited")["title"] == "Edited 1 March 2026, 12:30 UTC"


# --- Editing ---


def test_the_editor_opens_with_the_text_and_the_version_it_saw(author, post, address):
    for extra in ({}, {"headers": htmx("a")}):
        page = Page(author.get(f"{address}edit/", **extra))

        assert page.field_values == {"title": "Today", "body": "Good morning.", "version": "1"}


def test_the_editor_is_a_form_in_place_for_htmx_and_a_page_otherwise(author, address):
    fragment, page = (Page(author.get(f"{address}edit/", **extra)) for extra in ({"headers": htmx("a")}, {}))

    assert [element.tag for element in fragment.elements if element.depth == 0] == ["form"]
    assert fragment.one("form")["hx-post"] == address
    assert page.one("title").text == "Edit post · Livefeed"
    assert page.one("form", "editor")["action"] == address


def test_two_editors_on_a_page_share_no_id(cast, author):
    first, second = (
        {
            element["id"]
            for element in Page(author.get(f"/posts/{make_post(cast.author).pk}/edit/", headers=htmx("a"))).all()
            if "id" in element.attributes
        }
        for _ in range(2)
    )

    assert first
    assert not first & second


def test_an_edit_without_htmx_redirects_to_the_post(author, post, address):
    answer = edit(author, post)

    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert stands(post) == ("Tonight", "Good night.", 2)


def test_an_edit_by_htmx_replaces_the_post(author, post):
    answer = edit(author, post, extra={"headers": htmx("form")})

    assert answer.status_code == 200
    assert swap_of(answer) == (f"#post-{post.pk}", "outerHTML")
    post.refresh_from_db()
    assert answer.content.decode() == render_post(post)
    assert Page(answer).one("article")["data-version"] == "2"


def test_an_edit_is_normalized_and_counts_a_line_end_as_one(author, post):
    edit(author, post, "x\r\n" * 2_499 + "xx\u202e ", " Too\u200e  late\n")

    assert stands(post) == ("Too late", "x\n" * 2_499 + "xx", 2)


@EITHER_WAY
@pytest.mark.parametrize(
    ("body", "title", "sentence"),
    [
        ("", "Tonight", "Write something first."),
        ("x" * (BODY_MAX + 1), "", "Your post has 5001 characters. The limit is 5,000."),
        ("x", "t" * (TITLE_MAX + 1), "The title has 121 characters. The limit is 120."),
        (HOSTILE * 300, "", "Your post has"),
    ],
)
def test_a_refused_edit_is_returned_whole_with_a_message(author, post, body, title, sentence, extra):
    answer = edit(author, post, body, title, extra)

    page = Page(answer)
    assert answer.status_code == 422
    assert len(page.errors) == 1
    assert page.errors[0].startswith(sentence)
    assert page.field_values == {"title": title, "body": body, "version": "1"}
    assert page.unmatched == []
    assert stands(post) == UNTOUCHED


@EITHER_WAY
def test_a_refused_edit_keeps_the_ids_of_its_own_editor(author, post, extra):
    page = Page(edit(author, post, "", extra=extra))

    assert page.one("textarea")["id"] == f"edit-{post.pk}-body"


@EITHER_WAY
@pytest.mark.parametrize("version", ["", "x", "1.5", "\0"])
def test_an_edit_without_a_valid_version_is_refused_with_a_message(author, post, version, extra):
    answer = edit(author, post, extra=extra, version=version)

    page = Page(answer)
    assert answer.status_code == 422
    assert page.errors
    assert page.field_values["body"] == "Good night."
    assert stands(post) == UNTOUCHED


@EITHER_WAY
@pytest.mark.parametrize("version", ["0", "2", "-1", "9" * 30])
def test_an_edit_of_an_unknown_version_is_a_conflict(author, post, version, extra):
    assert edit(author, post, extra=extra, version=version).status_code == 409
    assert stands(post) == UNTOUCHED


@EITHER_WAY
def test_a_concurrent_edit_is_a_conflict_with_a_message(author, post, extra):
    edit(author, post, "Changed elsewhere.")

    answer = edit(author, post, "My own words.", "Mine", extra)

    page = Page(answer)
    assert answer.status_code == 409
    assert page.errors == ["This post was changed elsewhere while you were editing it. Save again to keep your text."]
    assert (page.field_values["title"], page.field_values["body"]) == ("Mine", "My own words.")
    assert stands(post) == ("Tonight", "Changed elsewhere.", 2)


@EITHER_WAY
def test_saving_again_after_a_conflict_saves_the_text(author, post, extra):
    edit(author, post, "Changed elsewhere.")
    typed = Page(edit(author, post, "My own words.", "Mine", extra)).field_values

    answer = author.post(post.get_absolute_url(), typed, **extra)

    assert answer.status_code in (200, 302)
    assert stands(post) == ("Mine", "My own words.", 3)


@EITHER_WAY
def test_an_edit_sent_twice_is_one_edit(author, post, extra):
    first, second = (edit(author, post, extra=extra) for _ in range(2))

    assert first.status_code == second.status_code
    assert stands(post) == ("Tonight", "Good night.", 2)


@EITHER_WAY
def test_an_edit_of_a_deleted_post_is_404_with_a_message(author, post, extra):
    Post.objects.all().delete()

    answer = edit(author, post, extra=extra)

    assert answer.status_code == 404
    assert "This post does not exist any more." in answer.content.decode()
    if extra:
        assert swap_of(answer) == INTO_NOTICES  # the editor stays, with all that was typed


@EITHER_WAY
def test_only_its_author_edits_a_post(stranger, follower, post, extra):
    for client in (stranger, follower):
        answer = edit(client, post, extra=extra)

        assert answer.status_code == 403
        assert "Only its author can change a post." in answer.content.decode()
    assert stands(post) == UNTOUCHED


@EITHER_WAY
def test_only_its_author_opens_the_editor_of_a_post(stranger, visitor, address, extra):
    for client in (stranger, visitor):
        assert client.get(f"{address}edit/", **extra).status_code == 403


@EITHER_WAY
def test_an_edit_sent_after_signing_out_is_returned_with_a_message(visitor, post, extra):
    answer = edit(visitor, post, HOSTILE, extra=extra)

    page = Page(answer)
    assert answer.status_code == 401
    assert page.errors[0].startswith("You are signed out.")
    assert page.field_values == {"title": "Tonight", "body": HOSTILE, "version": "1"}
    assert stands(post) == UNTOUCHED


# --- Deleting ---


def remove(client: Client, address: str, verb: str = "DELETE", **extra):
    if verb == "DELETE":
        return client.delete(address, **extra)
    return client.post(address, {"_method": verb}, **extra)


EITHER_VERB = pytest.mark.parametrize("verb", ["DELETE", "delete"], ids=["as the verb", "as a field"])


@EITHER_VERB
def test_a_deletion_without_htmx_redirects_to_its_undo_page(author, post, address, verb):
    answer = remove(author, address, verb)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{address}removal/")
    assert not Post.objects.present().exists()
    assert "Undo" in author.get(f"{address}removal/").text

    assert remove(author, f"{address}removal/", verb).headers["Location"] == address
    assert Post.objects.present().get() == post


def test_restoring_by_htmx_returns_the_post(author, post, address):
    remove(author, address)
    answer = remove(author, f"{address}removal/", headers=htmx("button"))

    assert answer.status_code == 200
    assert f'id="post-{post.pk}"' in answer.text


@EITHER_WAY
def test_only_its_author_restores_a_post(author, stranger, follower, visitor, address, extra):
    remove(author, address)

    for client in (stranger, follower, visitor):
        assert remove(client, f"{address}removal/", **extra).status_code in (302, 401, 404)
        assert client.get(f"{address}removal/").status_code in (302, 404)
    assert not Post.objects.present().exists()


@EITHER_WAY
def test_only_a_recently_deleted_post_can_be_restored(author, post, address, extra):
    assert remove(author, f"{address}removal/", **extra).status_code == 404
    remove(author, address)
    Post.objects.update(removed_at=timezone.now() - timedelta(seconds=30))

    answer = remove(author, f"{address}removal/", **extra)

    assert answer.status_code == 404
    assert "too late" in answer.text


@EITHER_VERB
def test_a_deletion_by_htmx_gets_an_empty_answer(author, post, address, verb):
    answer = remove(author, address, verb, headers=htmx("button"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert not Post.objects.present().exists()


@EITHER_VERB
@EITHER_WAY
def test_only_its_author_deletes_a_post(stranger, follower, visitor, post, address, verb, extra):
    for client in (stranger, follower, visitor):
        assert remove(client, address, verb, **extra).status_code in (401, 403)
    assert stands(post) == UNTOUCHED


@EITHER_VERB
@EITHER_WAY
def test_a_deleted_post_cannot_be_deleted_again(author, address, verb, extra):
    remove(author, address, verb)

    answer = remove(author, address, verb, **extra)

    assert answer.status_code == 404
    assert "does not exist any more" in answer.content.decode()


@pytest.mark.parametrize("verb", ["PUT", "GET", "DROP TABLE", "\0", "dispatch"])
def test_the_method_field_supports_only_delete(author, post, verb):
    edit(author, post, _method=verb)

    assert stands(post) == ("Tonight", "Good night.", 2)
