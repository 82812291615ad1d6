"""Posts: validation, versions, editing, idempotent publishing and visibility."""

import uuid
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from livefeed.models import EditConflictError, Post, User
from livefeed.models.post import BODY_MAX, TITLE_MAX
from tests.factories import make_post, make_user
from tests.models.at_once import WRITERS, at_once

KEY = uuid.UUID("6a1ec3a9-7d3b-4f0e-9a43-5f2d6c1b0e11")


# --- Validation ---


@pytest.mark.parametrize("body", ["x", "x" * BODY_MAX, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 1_000])
def test_the_database_accepts_a_body_of_1_to_5000_characters(cast, body):
    post = Post.objects.create(author=cast.author, body=body)

    post.refresh_from_db()
    assert post.body == body


@pytest.mark.parametrize("body", ["", "x" * (BODY_MAX + 1)])
def test_the_database_refuses_an_empty_and_a_longer_body(cast, body):
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.create(author=cast.author, body=body)


@pytest.mark.parametrize(("title", "body"), [("", ""), ("", "x" * (BODY_MAX + 1)), ("x" * (TITLE_MAX + 1), "x")])
def test_validation_refuses_empty_and_too_long_texts(cast, title, body):
    with pytest.raises(ValidationError):
        Post(author=cast.author, title=title, body=body).full_clean()


def test_a_title_is_cleaned_by_every_save(cast):
    post = make_post(cast.author, title="  two\n words\u202e ")
    assert post.title == "two words"

    post.edit(title="\tthree   More words", body=post.body, seen_version=1)
    post.refresh_from_db()
    assert post.title == "three More words"


def test_a_title_is_in_title_case_if_the_operator_chooses_so(cast, settings):
    settings.LIVEFEED_TITLECASE = True
    assert make_post(cast.author, title=" two words").title == "Two Words"


# --- Versions ---


def test_a_new_post_is_version_1_and_not_edited(cast):
    post = make_post(cast.author)

    assert (post.version, post.is_edited) == (1, False)


def test_the_database_increments_the_version_with_every_save(cast):
    post = make_post(cast.author)
    stale = Post.objects.get(pk=post.pk)
    staler = Post.objects.get(pk=post.pk)

    stale.save()
    staler.save(update_fields=["title"])

    assert (stale.version, staler.version) == (2, 3)
    post.refresh_from_db()
    assert (post.version, post.is_edited) == (3, True)


def test_eight_concurrent_saves_are_eight_versions(transactional_db):
    post = make_post(make_user())

    def save() -> int:
        mine = Post.objects.get(pk=post.pk)
        mine.save()
        return mine.version

    assert sorted(at_once(save)) == list(range(2, WRITERS + 2))


def test_saving_a_post_deleted_meanwhile_does_not_recreate_it(cast):
    stale = make_post(cast.author)
    Post.objects.get(pk=stale.pk).delete()

    with pytest.raises((ValueError, DatabaseError)):
        stale.save()

    assert not Post.objects.exists()


def test_a_failed_save_keeps_a_readable_version(cast):
    post = make_post(cast.author)
    post.body = ""

    with pytest.raises(IntegrityError), transaction.atomic():
        post.save()

    assert post.version == 1


# --- Editing ---


def test_an_edit_changes_the_text_and_the_version(cast):
    post = make_post(cast.author, "Befor.")

    post.edit(title="A title", body="Before.", seen_version=1)

    assert (post.title, post.body, post.version, post.is_edited) == ("A title", "Before.", 2, True)
    stored = Post.objects.get(pk=post.pk)
    assert (stored.title, stored.body, stored.version, stored.is_edited) == ("A title", "Before.", 2, True)


def test_an_edit_of_a_post_changed_meanwhile_is_refused(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).edit(title="", body="Changed elsewhere.", seen_version=1)

    with pytest.raises(EditConflictError) as conflict:
        post.edit(title="Mine", body="Mine.", seen_version=1)

    assert (conflict.value.current.body, conflict.value.current.version) == ("Changed elsewhere.", 2)
    stored = Post.objects.get()
    assert (stored.title, stored.body, stored.version) == ("", "Changed elsewhere.", 2)


def test_an_edit_of_the_version_in_the_conflict_succeeds(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).save()

    post.edit(title="", body="Mine after all.", seen_version=2)

    assert Post.objects.get().body == "Mine after all."


def test_an_edit_sent_twice_is_one_edit(cast):
    post = make_post(cast.author)
    again = Post.objects.get(pk=post.pk)
    post.edit(title=" A  title ", body="Changed.", seen_version=1)

    again.edit(title=" A  title ", body="Changed.", seen_version=1)

    assert (again.title, again.body, again.version) == ("A title", "Changed.", 2)
    assert Post.objects.get().version == 2


def test_an_edit_of_a_deleted_post_is_refused_and_does_not_recreate_it(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).delete()

    with pytest.raises(Post.DoesNotExist):
        post.edit(title="", body="Too late.", seen_version=1)

    assert not Post.objects.exists()


def test_one_of_eight_concurrent_edits_succeeds(transactional_db):
    post = make_post(make_user())

    def edit() -> bool:
        mine = Post.objects.get(pk=post.pk)
        try:
            mine.edit(title="", body=f"By {uuid.uuid4()}.", seen_version=1)
        except EditConflictError:
            return False
        return True

    assert sorted(at_once(edit)) == [False] * (WRITERS - 1) + [True]
    assert Post.objects.get().version == 2


# --- Idempotent publishing ---


class TestPublishing:
    text: ClassVar[dict[str, Any]] = {"title": "A title", "body": "Hello."}

    def test_the_same_text_under_the_same_key_is_the_same_post(self, cast):
        first = Post.objects.publish(cast.author, **self.text, key=KEY)

        again = Post.objects.publish(cast.author, **self.text, key=KEY)

        assert again == first
        assert (Post.objects.count(), again.version) == (1, 1)

    def test_a_title_that_is_cleaned_is_still_the_same_text(self, cast):
        first = Post.objects.publish(cast.author, title=" A  title ", body="Hello.", key=KEY)

        assert Post.objects.publish(cast.author, title=" A  title ", body="Hello.", key=KEY) == first

    @pytest.mark.parametrize("change", [{"title": "Another title"}, {"body": "Goodbye."}])
    def test_another_text_under_a_used_key_is_a_new_post(self, cast, change):
        first = Post.objects.publish(cast.author, **self.text, key=KEY)

        second = Post.objects.publish(cast.author, **(self.text | change), key=KEY)

        assert second != first
        assert Post.objects.count() == 2

    def test_keys_of_different_authors_are_independent(self, cast):
        for author in (cast.author, cast.stranger, cast.author, cast.stranger):
            assert Post.objects.publish(author, **self.text, key=KEY).author == author

        assert Post.objects.count() == 2

    def test_without_a_key_every_post_is_new(self, cast):
        for _ in range(2):
            Post.objects.publish(cast.author, **self.text)

        assert Post.objects.count() == 2

    def test_an_invalid_text_is_refused_under_a_new_and_under_a_used_key(self, cast):
        Post.objects.publish(cast.author, **self.text, key=KEY)

        for key in (KEY, uuid.uuid4()):
            with pytest.raises(IntegrityError), transaction.atomic():
                Post.objects.publish(cast.author, title="", body="x" * (BODY_MAX + 1), key=key)

        assert Post.objects.count() == 1

    def test_eight_concurrent_requests_with_one_key_are_one_post(self, transactional_db):
        author = make_user()

        posts = at_once(lambda: Post.objects.publish(author, **self.text, key=KEY).pk)

        assert len(set(posts)) == 1
        assert Post.objects.count() == 1


# --- Visibility ---


def seen_by(viewer: User | None) -> list[Post]:
    return list(Post.objects.visible_to(viewer))


def test_a_public_post_is_visible_to_everyone(cast):
    post = make_post(cast.author)

    for viewer in (None, cast.author, cast.follower, cast.stranger):
        assert seen_by(viewer) == [post]


def test_posts_of_a_suspended_user_are_hidden_until_reactivation(cast):
    post = make_post(cast.author)

    User.objects.filter(pk=cast.author.pk).update(is_active=False)
    for viewer in (None, cast.author, cast.follower, cast.stranger):
        assert seen_by(viewer) == []

    User.objects.filter(pk=cast.author.pk).update(is_active=True)
    assert seen_by(None) == [post]


def test_a_home_has_your_own_posts_and_those_of_followed_users(cast):
    by_author, by_follower, by_stranger = (make_post(user) for user in (cast.author, cast.follower, cast.stranger))
    cast.stranger.follow(cast.author)

    assert set(Post.objects.home_of(cast.follower)) == {by_author, by_follower}
    assert set(Post.objects.home_of(cast.author)) == {by_author}
    assert set(Post.objects.home_of(cast.stranger)) == {by_author, by_stranger}


def test_a_home_has_each_post_once_however_many_users_follow_its_author(cast):
    for _ in range(3):
        make_user().follow(cast.author)
    post = make_post(cast.author)

    assert list(Post.objects.home_of(cast.follower)) == [post]


def test_a_home_has_no_posts_of_users_you_unfollowed(cast):
    make_post(cast.author)

    cast.follower.unfollow(cast.author)

    assert not Post.objects.home_of(cast.follower).exists()
