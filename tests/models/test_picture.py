"""Pictures: taken in, put into posts, seen by whom, and gone with what they stood in."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from livefeed.content.images import PictureError
from livefeed.models import MissingPictureError, Picture, Post, User
from livefeed.models.picture import MAX_UNUSED, Attachment, prefetch_pictures
from tests import image_files
from tests.factories import Cast, make_cast, make_post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def take(owner: User) -> Picture:
    return Picture.objects.store(owner, image_files.file())


def files() -> set[str]:
    return {path.name for path in Path(settings.MEDIA_ROOT).rglob("*.webp")}


def names_of(*pictures: Picture) -> set[str]:
    return {Path(path).name for picture in pictures for path in picture.paths}


def with_picture(author: User, *pictures: Picture, **text) -> Post:
    attachments = [Attachment(picture.pk, f"Number {number}.") for number, picture in enumerate(pictures)]
    return Post.objects.publish(author, title="", pictures=attachments, **{"body": "Look.", **text})


def test_a_picture_is_kept_as_two_files(cast):
    picture = take(cast.author)
    assert (picture.width, picture.height, picture.post) == (64, 48, None)
    assert names_of(picture) <= files()


def test_what_cannot_be_kept_leaves_nothing(cast):
    before = files()
    with pytest.raises(PictureError, match="none of them"):
        Picture.objects.store(cast.author, image_files.file(image_files.SVG))
    assert files() == before
    assert not Picture.objects.exists()


def test_one_person_does_not_fill_the_disk_with_what_is_never_posted(cast):
    Picture.objects.bulk_create(Picture(owner=cast.author, width=1, height=1) for _ in range(MAX_UNUSED))
    with pytest.raises(PictureError, match="wait to be posted"):
        take(cast.author)
    take(cast.follower)


def test_a_post_shows_its_pictures_in_their_order(cast):
    one, other = take(cast.author), take(cast.author)
    post = with_picture(cast.author, other, one, body="")
    assert post.pictures_count == 2
    assert [(each.pk, each.description) for each in post.pictures.all()] == [
        (other.pk, "Number 0."),
        (one.pk, "Number 1."),
    ]


def test_the_same_post_sent_again_is_the_same_with_its_pictures(cast):
    picture = take(cast.author)
    first = with_picture(cast.author, picture)
    again = with_picture(cast.author, picture, key=first.key)
    assert again == first
    assert Post.objects.count() == 1


@pytest.mark.parametrize("whose", ["a stranger's", "posted elsewhere", "gone", "an avatar"])
def test_nothing_is_posted_with_a_picture_that_is_not_ones_own_to_post(cast, whose):
    picture = take(cast.stranger if whose == "a stranger's" else cast.author)
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


def test_an_edit_changes_what_is_shown_and_deletes_what_is_not(cast):
    kept, dropped, added = (take(cast.author) for _ in range(3))
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


def test_a_post_needs_words_or_pictures(cast):
    with pytest.raises(Exception, match="post_body_length"):
        make_post(cast.author, "")


def test_who_sees_a_picture_is_who_sees_its_post(cast):
    waiting, public, followers = (take(cast.author) for _ in range(3))
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


def test_an_avatar_is_seen_by_everybody(cast):
    picture = Picture.objects.store(cast.author, image_files.file())
    cast.author.avatar = picture
    cast.author.save()
    assert set(Picture.objects.visible_to(None)) == {picture}


@pytest.mark.parametrize("what", ["the post", "its author", "the purge of a removed post"])
def test_files_go_with_what_they_stood_in(cast, what):
    picture, other = take(cast.author), take(cast.stranger)
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


def test_what_was_never_posted_is_purged_after_a_week(cast):
    old, fresh, posted = (take(cast.author) for _ in range(3))
    with_picture(cast.author, posted)
    Picture.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert Picture.objects.purge() == 1
    assert not default_storage.exists(old.path("large"))
    assert set(Picture.objects.all()) == {fresh, posted}


def test_the_pictures_of_a_page_take_one_query_and_none_where_there_are_none(cast, django_assert_num_queries):
    for _ in range(3):
        with_picture(cast.author, take(cast.author))
    with django_assert_num_queries(2):
        assert [len(post.pictures.all()) for post in prefetch_pictures(list(Post.objects.all()))] == [1, 1, 1]
    Post.objects.all().delete()
    make_post(cast.author)
    with django_assert_num_queries(1):
        prefetch_pictures(list(Post.objects.all()))
