"""Pictures: upload, attachment to posts, visibility and deletion."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from livefeed.content import conversion, upload_limits
from livefeed.content.conversion import RetryLaterError
from livefeed.content.images import PictureError, process_image
from livefeed.models import MissingPictureError, Picture, Post, User
from livefeed.models.attachment import prefetch_attached
from livefeed.models.picture import MAX_UNUSED, Attachment
from tests import image_files
from tests.factories import Cast, make_cast, make_post
from tests.models.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def upload(owner: User) -> Picture:
    return Picture.objects.store(owner, image_files.file())


def files() -> set[str]:
    return {path.name for path in Path(settings.MEDIA_ROOT).rglob("*.webp")}


def names_of(*pictures: Picture) -> set[str]:
    return {Path(path).name for picture in pictures for path in picture.paths}


def with_picture(author: User, *pictures: Picture, **text) -> Post:
    attachments = [Attachment(picture.pk, f"Number {number}.") for number, picture in enumerate(pictures)]
    return Post.objects.publish(author, title="", pictures=attachments, **{"body": "Look.", **text})


def test_a_picture_is_stored_as_two_files(cast):
    picture = upload(cast.author)
    assert (picture.width, picture.height, picture.post) == (64, 48, None)
    assert names_of(picture) <= files()


def test_a_rejected_file_leaves_no_row_and_no_files(cast):
    before = files()
    with pytest.raises(PictureError, match="none of them"):
        Picture.objects.store(cast.author, image_files.file(image_files.SVG))
    assert files() == before
    assert not Picture.objects.exists()


def test_the_number_of_unused_pictures_of_a_user_is_limited(cast):
    Picture.objects.bulk_create(Picture(owner=cast.author, width=1, height=1) for _ in range(MAX_UNUSED))
    with pytest.raises(PictureError, match="wait to be posted"):
        upload(cast.author)
    upload(cast.follower)


@pytest.mark.both
def test_concurrent_uploads_do_not_exceed_the_number_of_unused_pictures(cast, monkeypatch):
    monkeypatch.setattr(upload_limits, "convert_upload", lambda owner, content, sizes: process_image(content, sizes))
    Picture.objects.bulk_create(Picture(owner=cast.author, width=1, height=1) for _ in range(MAX_UNUSED - 2))

    def store() -> bool:
        try:
            return bool(upload(cast.author))
        except PictureError:
            return False

    assert at_once(store).count(True) == 2
    assert Picture.objects.filter(owner=cast.author).count() == MAX_UNUSED


def test_a_user_uploads_one_picture_at_a_time(cast, monkeypatch):
    monkeypatch.setattr(upload_limits, "conversion", conversion)  # takes long enough for the others to be refused

    def store() -> bool:
        try:
            return bool(upload(cast.author))
        except RetryLaterError:
            return False

    stored = at_once(store)
    assert 1 <= stored.count(True) < len(stored)
    assert upload(cast.author)


def test_the_pixels_that_a_user_uploads_in_an_hour_are_limited(cast, settings):
    settings.LIVEFEED_MEGAPIXELS_PER_HOUR = 5
    with pytest.raises(PictureError, match="damaged"):  # decoding it took time all the same
        Picture.objects.store(cast.author, image_files.file(image_files.jpeg((2_000, 2_000))[:-40]))
    large = image_files.jpeg((2_000, 1_000))
    with pytest.raises(RetryLaterError, match=r"many large pictures. Try again in (an hour|59 minutes)"):
        Picture.objects.store(cast.author, image_files.file(large))
    assert Picture.objects.store(cast.follower, image_files.file(large))


def test_a_post_shows_its_pictures_in_order(cast):
    one = upload(cast.author)
    other = upload(cast.author)
    post = with_picture(cast.author, other, one, body="")
    assert post.pictures_count == 2
    assert [(each.pk, each.description) for each in post.pictures.all()] == [
        (other.pk, "Number 0."),
        (one.pk, "Number 1."),
    ]


def test_publishing_with_pictures_is_idempotent(cast):
    picture = upload(cast.author)
    first = with_picture(cast.author, picture)
    again = with_picture(cast.author, picture, key=first.key)
    assert again == first
    assert Post.objects.count() == 1


@pytest.mark.parametrize("whose", ["a stranger's", "posted elsewhere", "gone", "an avatar"])
def test_a_picture_that_is_not_available_to_the_author_cannot_be_posted(cast, whose):
    picture = upload(cast.stranger if whose == "a stranger's" else cast.author)
    if whose == "posted elsewhere":
        with_picture(cast.author, picture)
    if whose == "gone":
        Picture.objects.filter(pk=picture.pk).delete()
    if whose == "an avatar":
        User.objects.filter(pk=cast.author.pk).update(avatar=picture)
    count = Post.objects.count()
    with pytest.raises(MissingPictureError):
        with_picture(cast.author, picture, body="Mine.")
    assert Post.objects.count() == count


@pytest.mark.both
def test_an_edit_replaces_pictures_and_deletes_removed_ones(cast):
    kept, dropped, added = (upload(cast.author) for _ in range(3))
    post = with_picture(cast.author, kept, dropped)
    new = [Attachment(added.pk, "New."), Attachment(kept.pk, "Kept.")]
    post.edit(title="", body="Look.", seen_version=1, pictures=new)
    assert [each.description for each in Post.objects.get().pictures.all()] == ["New.", "Kept."]
    assert not names_of(dropped) & files()
    post.edit(title="", body="Only words.", seen_version=2)
    assert post.pictures_count == 2
    post.edit(title="", body="Only words.", seen_version=3, pictures=[])
    assert (post.pictures_count, Picture.objects.count()) == (0, 0)
    assert not names_of(kept, added) & files()


@pytest.mark.both
def test_a_post_needs_text_or_pictures(cast):
    with pytest.raises(Exception, match="post_body_length"):
        make_post(cast.author, "")


def test_a_picture_is_visible_to_readers_of_its_post(cast):
    waiting, public, followers = (upload(cast.author) for _ in range(3))
    shown = with_picture(cast.author, public)
    with_picture(cast.author, followers, audience="followers")

    def seen_by(viewer: User | None) -> set[Picture]:
        return set(Picture.objects.visible_to(viewer))

    assert seen_by(cast.author) == {waiting, public, followers}
    assert seen_by(cast.follower) == {public, followers}
    assert seen_by(cast.stranger) == seen_by(None) == {public}
    assert public.is_public
    assert not followers.is_public
    shown.remove()
    assert seen_by(None) == set()
    shown.restore()
    cast.author.is_active = False
    cast.author.save()
    assert seen_by(None) == set()


def test_an_avatar_is_visible_to_everyone(cast):
    picture = Picture.objects.store(cast.author, image_files.file())
    cast.author.avatar = picture
    cast.author.save()
    assert set(Picture.objects.visible_to(None)) == {picture}


@pytest.mark.parametrize("what", ["the post", "its author", "the purge of a removed post"])
def test_files_are_deleted_with_the_post(cast, what):
    picture = upload(cast.author)
    other = upload(cast.stranger)
    post = with_picture(cast.author, picture)
    if what == "the post":
        post.delete()
    elif what == "its author":
        cast.author.delete()
    else:
        post.remove()
        assert names_of(picture) <= files()
        Post.objects.update(removed_at=timezone.now() - timedelta(minutes=1))
        Post.objects.purge()
    assert not names_of(picture) & files()
    assert names_of(other) <= files()


def test_unused_pictures_are_purged_after_a_week(cast):
    old, fresh, posted = (upload(cast.author) for _ in range(3))
    with_picture(cast.author, posted)
    Picture.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert Picture.objects.purge() == 1
    assert not default_storage.exists(old.path("large"))
    assert set(Picture.objects.all()) == {fresh, posted}


@pytest.mark.both
def test_pictures_of_a_page_take_one_query_or_none_without_pictures(cast, django_assert_num_queries):
    for _ in range(3):
        with_picture(cast.author, upload(cast.author))
    with django_assert_num_queries(2):
        assert [len(post.pictures.all()) for post in prefetch_attached(list(Post.objects.all()))] == [1, 1, 1]
    Post.objects.all().delete()
    make_post(cast.author)
    with django_assert_num_queries(1):
        prefetch_attached(list(Post.objects.all()))
