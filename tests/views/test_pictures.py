"""Pictures: upload, posting, and access to the files."""

import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from livefeed.models import Picture, Post, User
from livefeed.models.picture import DESCRIPTION_MAX
from tests import image_files
from tests.factories import make_user, signed_in
from tests.views.html import Page
from tests.views.htmx import htmx

ADDRESS = "/pictures/"


def hand_in(client, content: bytes | None = None, **extra):
    return client.post(ADDRESS, {"file": image_files.file(content)}, **extra)


def owned(user: User) -> Picture:
    return Picture.objects.store(user, image_files.file())


@pytest.fixture
def someone(author) -> User:
    return User.objects.get(username="author")


def test_an_upload_returns_its_part_of_the_form(author, someone):
    answer = hand_in(author, headers=htmx("form"))
    picture = Picture.objects.get()
    assert answer.status_code == 200
    assert Page(answer).one("input", name="picture")["value"] == str(picture.pk)
    assert picture.owner == someone


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (image_files.SVG, "none of them"),
        (image_files.jpeg() + b"<script>", "something else"),
        (image_files.huge_png(), "many pixels"),
    ],
)
def test_an_invalid_picture_is_refused_with_a_message(author, content, message):
    answer = hand_in(author, content, headers=htmx("form"))
    assert answer.status_code == 422
    assert message in answer.text
    assert not Picture.objects.exists()


def test_an_upload_over_a_limit_is_answered_with_429_and_the_time_to_wait(author, settings):
    settings.LIVEFEED_MEGAPIXELS_PER_HOUR = 0
    answer = hand_in(author, headers=htmx("form"))
    assert answer.status_code == 429
    assert "many large pictures. Try again in" in answer.text
    assert 3_590 < int(answer.headers["Retry-After"]) <= 3_600


@pytest.mark.parametrize("address", ["/posts/", "/settings/profile/"])
def test_a_form_with_a_picture_over_a_limit_is_answered_likewise_and_returned(author, settings, address):
    settings.LIVEFEED_MEGAPIXELS_PER_HOUR = 0
    answer = author.post(
        address, {"body": "Hello.", "name": "Ada", "files": image_files.file(), "avatar_file": image_files.file()}
    )
    assert answer.status_code == 429
    assert 3_590 < int(answer.headers["Retry-After"]) <= 3_600
    assert "Hello." in answer.text or "Ada" in answer.text


def test_an_upload_without_a_file_is_refused(author):
    assert author.post(ADDRESS).status_code == 422


def test_visitors_cannot_upload(visitor):
    assert hand_in(visitor).status_code in (302, 401)
    assert not Picture.objects.exists()


def test_only_its_owner_deletes_an_unposted_picture(author, stranger, visitor, someone):
    picture = owned(someone)
    for client in (stranger, visitor):
        assert client.delete(f"{ADDRESS}{picture.pk}/").status_code in (302, 404)
        assert client.get(f"{ADDRESS}{picture.pk}/").status_code in (302, 404)
    assert author.get(f"{ADDRESS}{picture.pk}/").status_code == 200
    assert author.delete(f"{ADDRESS}{picture.pk}/").status_code == 204
    assert not Picture.objects.exists()


def test_a_posted_picture_cannot_be_deleted(author, someone):
    picture = owned(someone)
    author.post("/posts/", {"body": "Look.", "picture": str(picture.pk), "picture_description": "A blue field."})
    assert author.delete(f"{ADDRESS}{picture.pk}/").status_code == 404
    assert Picture.objects.get().description == "A blue field."


# --- Posts ---


def test_a_post_shows_its_pictures_with_size_description_and_colour(author, visitor, someone):
    picture = owned(someone)
    form = {"body": "", "picture": str(picture.pk), "picture_description": 'A "blue" field.'}
    answer = author.post("/posts/", form, headers=htmx("form"))
    assert answer.status_code == 200
    shown = Page(visitor.get(f"/posts/{Post.objects.get().pk}/")).one("img", loading="lazy")
    assert (shown["width"], shown["height"], shown["alt"]) == ("64", "48", 'A "blue" field.')
    assert shown["src"] == picture.small
    assert picture.color in answer.text


def test_without_scripts_pictures_are_sent_with_the_form(author):
    files = [image_files.file(), image_files.file(image_files.moving_gif(), "moving.gif")]
    assert author.post("/posts/", {"body": "Look.", "files": files}).status_code == 302
    assert Post.objects.get().pictures_count == 2


def test_a_returned_form_contains_its_pictures(author, someone):
    picture = owned(someone)
    form = {
        "body": "x" * 5_001,
        "picture": str(picture.pk),
        "picture_description": "Kept.",
        "files": [image_files.file()],
    }
    answer = author.post("/posts/", form)
    assert answer.status_code == 422
    assert [each["value"] for each in Page(answer).all("input", name="picture")] == [
        str(each.pk) for each in Picture.objects.order_by("created_at")
    ]
    assert "Kept." in answer.text


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"files": [image_files.file(image_files.SVG, "drawing.svg")]}, "drawing.svg: Only JPEG"),
        ({"files": [image_files.file() for _ in range(5)]}, "up to 4 pictures"),
        ({"files": [*(image_files.file() for _ in range(4)), image_files.file(name="e.jpg")]}, "Not added: e.jpg."),
        ({"picture": "00000000-0000-0000-0000-000000000000"}, "does not exist any more"),
    ],
)
def test_invalid_pictures_are_explained_and_the_text_is_returned(author, sent, message):
    answer = author.post("/posts/", {"body": "My words.", **sent})
    assert answer.status_code == 422
    assert message in answer.text
    assert "My words." in answer.text
    assert not Post.objects.exists()


def test_too_long_a_description_is_returned_whole(author, someone):
    long = "x" * (DESCRIPTION_MAX + 1)
    answer = author.post("/posts/", {"body": "", "picture": str(owned(someone).pk), "picture_description": long})
    assert answer.status_code == 422
    assert long in answer.text
    assert "too long" in answer.text


def test_a_picture_of_another_user_is_not_posted(author, stranger, someone):
    picture = owned(make_user("owner"))
    answer = author.post("/posts/", {"body": "Mine.", "picture": str(picture.pk)})
    assert answer.status_code == 422
    picture.refresh_from_db()
    assert picture.post is None


def test_an_edit_keeps_removes_and_adds_pictures(author, someone):
    kept = owned(someone)
    removed = owned(someone)
    ids = [str(kept.pk), str(removed.pk)]
    author.post("/posts/", {"body": "Look.", "picture": ids, "picture_description": ["One.", "Two."]})
    post = Post.objects.get()
    editor = Page(author.get(f"/posts/{post.pk}/edit/"))
    assert [each["value"] for each in editor.all("input", name="picture")] == ids
    form = {"body": "Look.", "version": "1", "picture": ids, "picture_description": ["One, edited.", "Two."]}
    author.post(f"/posts/{post.pk}/", {**form, "picture_removed": str(removed.pk), "files": [image_files.file()]})
    assert [each.description for each in Post.objects.get().pictures.all()] == ["One, edited.", ""]


def test_an_edit_without_the_pictures_part_leaves_them_unchanged(author, someone):
    author.post("/posts/", {"body": "Look.", "picture": str(owned(someone).pk)})
    post = Post.objects.get()
    assert author.post(f"/posts/{post.pk}/", {"body": "Look again.", "version": "1"}).status_code == 302
    assert Post.objects.get().pictures.count() == Post.objects.get().pictures_count == 1
    fields = {"body": "No more.", "version": "2", "pictures": "submitted"}
    assert author.post(f"/posts/{post.pk}/", fields).status_code == 302
    assert not Picture.objects.exists()


# --- Files ---


def test_a_public_file_is_cached_by_browsers_for_minutes_and_never_sniffed(author, visitor, someone):
    picture = owned(someone)
    author.post("/posts/", {"body": "Look.", "picture": str(picture.pk)})
    for address in (picture.large, picture.small):
        answer = visitor.get(address)
        assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "private, max-age=300, must-revalidate"
        again = visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_of_a_post_for_followers_are_404_for_others(author, follower, stranger, visitor, someone):
    picture = owned(someone)
    author.post("/posts/", {"body": "Look.", "picture": str(picture.pk), "audience": "followers"})
    for client, status in ((author, 200), (follower, 200), (stranger, 404), (visitor, 404)):
        answer = client.get(picture.large)
        assert answer.status_code == status
        assert status == 404 or answer.headers["Cache-Control"] == "private, no-cache"


def test_files_of_a_deleted_post_are_404_also_for_browsers_that_have_them(author, visitor, someone):
    picture = owned(someone)
    author.post("/posts/", {"body": "Look.", "picture": str(picture.pk)})
    known = visitor.get(picture.large).headers["ETag"]
    Post.objects.get().remove()
    for client in (author, visitor):
        assert client.get(picture.large, headers={"If-None-Match": known}).status_code == 404


def test_a_missing_file_is_404(author, someone):
    picture = owned(someone)
    default_storage.delete(picture.path("small"))
    assert author.get(picture.small).status_code == 404
    assert author.get(picture.small.replace("small", "huge")).status_code == 404


def test_only_the_owner_sees_an_unposted_picture(author, stranger, someone):
    picture = owned(someone)
    assert author.get(picture.small).headers["Cache-Control"] == "private, no-cache"
    assert stranger.get(picture.small).status_code == 404
    assert signed_in(someone).get(picture.small).status_code == 200
